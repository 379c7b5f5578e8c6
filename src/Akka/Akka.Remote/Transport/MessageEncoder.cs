using System.Text;
using Akka.Actor;
using Akka.Dispatch.SysMsg;

namespace Akka.Remote.Transport;

/// <summary>The system messages that cross the network.</summary>
internal enum SystemMessageCode : byte
{
    Watch = 1,
    Unwatch = 2,
    DeathWatchNotification = 3,
    Terminate = 4,
}

/// <summary>Turns messages into frames, on the sender's thread: what a sender does to a message afterwards no longer matters.</summary>
internal sealed class MessageEncoder(ExtendedActorSystem system, Address localAddress)
{
    private const int HeaderBytesHint = 256;

    public ArraySegment<byte> Encode(object message, IActorRef? sender, RemoteActorRef recipient)
    {
        var selection = message as ActorSelectionMessage;
        var content = selection?.Message ?? message;
        var serializer = system.Serialization.FindSerializerFor(content);
        // References inside the message are written with the address that the peer reaches this system at.
        var bytes = Serialization.Serialization.WithTransport(system, localAddress, () => serializer.ToBinary(content));
        var writer = new FrameWriter(selection is null ? FrameKind.Message : FrameKind.Selection, bytes.Length + HeaderBytesHint);
        writer.WriteString(recipient.PathUtf8);
        writer.WriteString(PathOf(sender));
        if (selection is not null)
        {
            SelectionCodec.Write(ref writer, selection);
        }

        writer.WriteInt32(serializer.Identifier);
        writer.WriteString(Serialization.Serialization.ManifestFor(serializer, content));
        writer.WriteBytes(bytes);
        return writer.Finish();
    }

    /// <returns>Null for what only means something within a system.</returns>
    public ArraySegment<byte>? Encode(ISystemMessage message, RemoteActorRef target)
    {
        var (code, other, existenceConfirmed) = message switch
        {
            Watch watch => (SystemMessageCode.Watch, watch.Watcher, false),
            Unwatch unwatch => (SystemMessageCode.Unwatch, unwatch.Watcher, false),
            DeathWatchNotification death => (SystemMessageCode.DeathWatchNotification, death.Actor, death.ExistenceConfirmed),
            Terminate => (SystemMessageCode.Terminate, (IActorRef?)null, false),
            _ => default,
        };
        if (code == default)
        {
            return null;
        }

        var writer = new FrameWriter(FrameKind.System, HeaderBytesHint);
        writer.WriteString(target.PathUtf8);
        writer.WriteByte((byte)code);
        writer.WriteString(PathOf(other));
        writer.WriteByte(existenceConfirmed ? (byte)1 : (byte)0);
        return writer.Finish();
    }

    public static byte[] Utf8(ActorPath path) => Encoding.UTF8.GetBytes(path.ToSerializationFormat());
    private string PathOf(IActorRef? actor) => actor?.Path.ToSerializationFormatWithAddress(localAddress) ?? "";
}
