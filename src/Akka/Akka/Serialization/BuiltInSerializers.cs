using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;

namespace Akka.Serialization;

/// <summary>Strings and whole numbers.</summary>
internal sealed class PrimitiveSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override string Manifest(object o) => o switch
    {
        string => "S",
        int => "I",
        long => "L",
        _ => throw new SerializationException($"[{o.GetType()}] is not a primitive"),
    };

    public override byte[] ToBinary(object obj) => obj switch
    {
        string text => Encoding.UTF8.GetBytes(text),
        int number => BitConverter.GetBytes(number),
        _ => BitConverter.GetBytes((long)obj),
    };

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        "S" => Encoding.UTF8.GetString(bytes),
        "I" => BitConverter.ToInt32(bytes),
        "L" => BitConverter.ToInt64(bytes),
        _ => throw new SerializationException($"Unknown manifest [{manifest}]"),
    };
}

/// <summary>The messages of the core that cross the network. What they carry is serialized by its own serializer.</summary>
internal sealed class SystemMessageSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    public override string Manifest(object o) => o switch
    {
        Identify => "ID",
        ActorIdentity => "AI",
        Status.Success => "SS",
        Status.Failure => "SF",
        PoisonPill => "PP",
        Kill => "K",
        IActorRef => "AR",
        _ => throw new SerializationException($"[{o.GetType()}] is no message of the core"),
    };

    public override byte[] ToBinary(object obj)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        switch (obj)
        {
            case Identify identify:
                Write(writer, identify.MessageId);
                break;
            case ActorIdentity identity:
                Write(writer, identity.MessageId);
                writer.Write(Serialization.SerializedActorPath(identity.Subject!));
                break;
            case Status.Success success:
                Write(writer, success.Status);
                break;
            case Status.Failure failure:
                // The type of an exception is not rebuilt: a peer must not choose what this process instantiates.
                writer.Write(failure.Cause.GetType().Name);
                writer.Write(failure.Cause.Message);
                break;
            case IActorRef reference:
                writer.Write(Serialization.SerializedActorPath(reference));
                break;
        }

        writer.Flush();
        return stream.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        switch (manifest)
        {
            case "ID":
                return new Identify(Read(reader)!);
            case "AI":
                var id = Read(reader)!;
                var subject = system.Serialization.DeserializeActorRef(reader.ReadString());
                return new ActorIdentity(id, subject.IsNobody() ? null : subject);
            case "SS":
                return new Status.Success(Read(reader)!);
            case "SF":
                return new Status.Failure(new RemoteFailureException($"{reader.ReadString()}: {reader.ReadString()}"));
            case "PP":
                return PoisonPill.Instance;
            case "K":
                return Kill.Instance;
            case "AR":
                return system.Serialization.DeserializeActorRef(reader.ReadString());
            default:
                throw new SerializationException($"Unknown manifest [{manifest}]");
        }
    }

    private void Write(BinaryWriter writer, object? payload)
    {
        writer.Write(payload is not null);
        if (payload is not null)
        {
            var serializer = system.Serialization.FindSerializerFor(payload);
            var bytes = serializer.ToBinary(payload);
            writer.Write(serializer.Identifier);
            writer.Write(Serialization.ManifestFor(serializer, payload));
            writer.Write(bytes.Length);
            writer.Write(bytes);
        }
    }

    private object? Read(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return null;
        }

        var identifier = reader.ReadInt32();
        var manifest = reader.ReadString();
        var length = reader.ReadInt32();
        return length >= 0 && length <= reader.BaseStream.Length - reader.BaseStream.Position
            ? system.Serialization.Deserialize(reader.ReadBytes(length), identifier, manifest)
            : throw new SerializationException($"A payload of {length} bytes does not fit into its message");
    }
}

/// <summary>A failure on another system, by what it said.</summary>
internal sealed class RemoteFailureException(string message) : AkkaException(message);
