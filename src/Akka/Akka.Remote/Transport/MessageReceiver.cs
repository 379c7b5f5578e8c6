using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote.Transport;

/// <summary>Turns the frames of one inbound connection into messages to actors of this system. For the connection's thread.</summary>
internal sealed class MessageReceiver
{
    private const int CacheSlots = 256;

    private readonly Remoting _remoting;
    private readonly Address _peer;
    private readonly (byte[] Path, IInternalActorRef Ref)[] _cache = new (byte[], IInternalActorRef)[CacheSlots];

    public MessageReceiver(Remoting remoting, Address peer)
    {
        _remoting = remoting;
        _peer = peer;
    }

    /// <exception cref="InvalidDataException">The frame itself is malformed. What is wrong with the message inside is only logged.</exception>
    public void Deliver(ReadOnlySpan<byte> frame)
    {
        var reader = new FrameReader(frame);
        var kind = (FrameKind)reader.ReadByte();
        var recipient = Resolve(reader.ReadUtf8());
        switch (kind)
        {
            case FrameKind.System:
                DeliverSystem(recipient, (SystemMessageCode)reader.ReadByte(), ResolveOrNull(reader.ReadUtf8()), reader.ReadByte() != 0);
                break;
            case FrameKind.Message:
                DeliverMessage(recipient, ResolveOrNull(reader.ReadUtf8()), null, ref reader);
                break;
            case FrameKind.Selection:
                var sender = ResolveOrNull(reader.ReadUtf8());
                DeliverMessage(recipient, sender, Selection.Read(ref reader), ref reader);
                break;
            default:
                throw new InvalidDataException($"A frame of unknown kind {kind}");
        }
    }

    private void DeliverMessage(IInternalActorRef recipient, IActorRef? sender, Selection? selection, ref FrameReader reader)
    {
        var serializerId = reader.ReadInt32();
        var manifest = reader.ReadString();
        var bytes = reader.ReadRest();
        if (IsForeign(recipient))
        {
            return;
        }

        try
        {
            var message = _remoting.System.Serialization.Deserialize(bytes.ToArray(), serializerId, manifest);
            if (_remoting.Settings.UntrustedMode && IsRefused(message, selection))
            {
                _remoting.Log.Warning("Untrusted mode: refused {0} from {1} to {2}", message.GetType(), _peer, recipient);
            }
            else if (selection is not null)
            {
                ActorSelection.Deliver(recipient, sender!, selection.ToMessage(message));
            }
            else
            {
                recipient.Tell(message, sender);
            }
        }
        catch (Exception e)
        {
            // One message that cannot be read says nothing about the next (A14).
            _remoting.Log.Error(
                e,
                "Cannot read a message from {0} to {1} (serializer {2}, manifest [{3}], {4} bytes): {5}",
                [_peer, recipient, serializerId, manifest, bytes.Length, e.Message]);
        }
    }

    private void DeliverSystem(IInternalActorRef target, SystemMessageCode code, IInternalActorRef? other, bool existenceConfirmed)
    {
        if (IsForeign(target))
        {
            return;
        }

        if (_remoting.Settings.UntrustedMode)
        {
            _remoting.Log.Warning("Untrusted mode: refused {0} from {1} to {2}", code, _peer, target);
            return;
        }

        switch (code, other)
        {
            case (SystemMessageCode.Watch, { } watcher):
                target.SendSystemMessage(new Watch(target, watcher));
                break;
            case (SystemMessageCode.Unwatch, { } watcher):
                target.SendSystemMessage(new Unwatch(target, watcher));
                break;
            case (SystemMessageCode.DeathWatchNotification, { } watchee):
                _remoting.Watches.Remove(watchee, target);
                target.SendSystemMessage(new DeathWatchNotification(watchee, existenceConfirmed, AddressTerminated: false));
                break;
            case (SystemMessageCode.Terminate, _):
                target.Stop();
                break;
            default:
                throw new InvalidDataException($"A system message of unknown kind {code}");
        }
    }

    private bool IsRefused(object message, Selection? selection) =>
        message is IPossiblyHarmful or Kill || (selection is not null && !_remoting.Settings.TrustedSelectionPaths.Contains(selection.Path));

    private bool IsForeign(IInternalActorRef recipient)
    {
        if (recipient is not RemoteActorRef)
        {
            return false;
        }

        _remoting.Log.Warning("Dropping a message from {0} for {1}, which is not an actor of {2}", _peer, recipient, _remoting.LocalAddress);
        return true;
    }

    private IInternalActorRef? ResolveOrNull(ReadOnlySpan<byte> path) => path.IsEmpty ? null : Resolve(path);

    private IInternalActorRef Resolve(ReadOnlySpan<byte> path)
    {
        var hash = default(HashCode);
        hash.AddBytes(path);
        ref var slot = ref _cache[(uint)hash.ToHashCode() % CacheSlots];
        if (slot.Path is not null && path.SequenceEqual(slot.Path) && !slot.Ref.IsTerminated)
        {
            return slot.Ref;
        }

        var text = global::System.Text.Encoding.UTF8.GetString(path);
        var resolved = (IInternalActorRef)_remoting.Provider.ResolveActorRef(text);
        // A path without a uid may mean another actor the next time, and a question's reference is not asked again.
        if (resolved is RemoteActorRef or LocalActorRef && (resolved.Path.Uid != ActorPath.UndefinedUid || resolved.Path.Depth == 0))
        {
            slot = (path.ToArray(), resolved);
        }

        return resolved;
    }
}
