using System.Text;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote.Transport;

/// <summary>Turns the frames of one inbound connection into messages to actors of this system. For the connection's thread.</summary>
internal sealed class MessageReceiver(Remoting remoting, Address peer)
{
    private const int CacheSlots = 256;
    private readonly (byte[] Path, IInternalActorRef Ref)[] _cache = new (byte[], IInternalActorRef)[CacheSlots];

    /// <exception cref="InvalidDataException">The frame itself is malformed. What is wrong with the message inside is only logged.</exception>
    public void Deliver(ReadOnlySpan<byte> frame)
    {
        var reader = new FrameReader(frame);
        var kind = (FrameKind)reader.ReadByte();
        var recipient = Resolve(reader.ReadUtf8());
        if (recipient is RemoteActorRef)
        {
            remoting.Log.Warning("Dropping a message from {0} for {1}, which is not an actor of this system", peer, recipient);
            return;
        }

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
                DeliverMessage(recipient, sender, SelectionCodec.Read(ref reader), ref reader);
                break;
            default:
                throw new InvalidDataException($"A frame of unknown kind {kind}");
        }
    }

    private void DeliverMessage(IInternalActorRef recipient, IActorRef? sender, Func<object, ActorSelectionMessage>? selection, ref FrameReader reader)
    {
        var serializerId = reader.ReadInt32();
        var manifest = reader.ReadString();
        var bytes = reader.ReadRest();
        try
        {
            var message = remoting.System.Serialization.Deserialize(bytes.ToArray(), serializerId, manifest);
            if (selection is not null)
            {
                ActorSelection.Deliver(recipient, sender, selection(message));
            }
            else
            {
                recipient.Tell(message, sender);
            }
        }
        catch (Exception e)
        {
            // One message that cannot be read says nothing about the next (A14).
            var what = $"serializer {serializerId}, manifest [{manifest}], {bytes.Length} bytes";
            remoting.Log.Error(e, "Cannot read a message from {0} to {1} ({2})", peer, recipient, what);
        }
    }

    private void DeliverSystem(IInternalActorRef target, SystemMessageCode code, IInternalActorRef? other, bool existenceConfirmed)
    {
        switch (code, other)
        {
            case (SystemMessageCode.Watch, { } watcher):
                target.SendSystemMessage(new Watch(target, watcher));
                break;
            case (SystemMessageCode.Unwatch, { } watcher):
                target.SendSystemMessage(new Unwatch(target, watcher));
                break;
            case (SystemMessageCode.DeathWatchNotification, { } watchee):
                remoting.Watches.Remove(watchee, target);
                target.SendSystemMessage(new DeathWatchNotification(watchee, existenceConfirmed));
                break;
            case (SystemMessageCode.Terminate, _):
                target.Stop();
                break;
            default:
                throw new InvalidDataException($"A system message of unknown kind {code}");
        }
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

        var resolved = (IInternalActorRef)remoting.Provider.ResolveActorRef(Encoding.UTF8.GetString(path));
        // A path without a uid may mean another actor the next time, and a question's reference is not asked again.
        if (resolved is RemoteActorRef or LocalActorRef && (resolved.Path.Uid != ActorPath.UndefinedUid || resolved.Path.Depth == 0))
        {
            slot = (path.ToArray(), resolved);
        }

        return resolved;
    }
}
