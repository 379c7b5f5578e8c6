using Akka.Actor;
using Akka.Util;

namespace Akka.Serialization;

public abstract class Serializer
{
    protected readonly ExtendedActorSystem system;
    private int? _identifier;
    protected Serializer(ExtendedActorSystem system) => this.system = system;

    /// <summary>Names the serializer on the wire. Unless overridden it comes from <c>akka.actor.serialization-identifiers</c>.</summary>
    public virtual int Identifier => _identifier ??= ConfiguredIdentifier();
    public abstract bool IncludeManifest { get; }
    public abstract byte[] ToBinary(object obj);
    public abstract object FromBinary(byte[] bytes, Type type);

    private int ConfiguredIdentifier()
    {
        var name = TypeNames.Of(GetType());
        var identifiers = system.Settings.Config.GetConfig("akka.actor.serialization-identifiers")!;
        return identifiers.HasPath($"\"{name}\"")
            ? identifiers.GetInt($"\"{name}\"")
            : throw new ArgumentException($"Couldn't find Serializer Id for [{name}] under [akka.actor.serialization-identifiers]");
    }
}

/// <summary>A serializer that names what it wrote by a string of its own, and so survives a renaming of types.</summary>
public abstract class SerializerWithStringManifest : Serializer
{
    protected SerializerWithStringManifest(ExtendedActorSystem system) : base(system) { }
    public sealed override bool IncludeManifest => true;
    public sealed override object FromBinary(byte[] bytes, Type type) => FromBinary(bytes, TypeNames.Of(type));
    public abstract object FromBinary(byte[] bytes, string manifest);
    public abstract string Manifest(object o);
}

public class ByteArraySerializer : Serializer
{
    public ByteArraySerializer(ExtendedActorSystem system) : base(system) { }
    public override bool IncludeManifest => false;
    public override byte[] ToBinary(object obj) => obj as byte[] ?? throw new NotSupportedException("The object to convert is not a byte array.");
    public override object FromBinary(byte[] bytes, Type type) => bytes;
}

