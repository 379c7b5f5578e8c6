using System.Collections.Concurrent;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Util;

namespace Akka.Serialization;

/// <summary>Finds the serializer of a type by the bindings of the configuration. There is no fallback: an unbound type is an error.</summary>
public class Serialization
{
    [ThreadStatic]
    private static Address? _transportAddress;
    private readonly Dictionary<string, Serializer> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Serializer> _byIdentifier = [];
    private readonly List<(Type Type, Serializer Serializer)> _bindings = [];
    private readonly ConcurrentDictionary<Type, Serializer> _found = new();

    public Serialization(ExtendedActorSystem system)
    {
        System = system;
        var config = system.Settings.Config;
        foreach (var (name, typeName) in config.GetConfig("akka.actor.serializers")!.Entries)
        {
            AddSerializer(name, TypeNames.Create<Serializer>(TypeNames.Load(typeName, "akka.actor.serializers." + name), system));
        }

        foreach (var (typeName, name) in config.GetConfig("akka.actor.serialization-bindings")!.Entries)
        {
            var serializer = _byName.TryGetValue(name, out var known)
                ? known
                : throw new ConfigurationException($"The serializer [{name}] that [{typeName}] is bound to is not defined in akka.actor.serializers");
            AddSerializationMap(TypeNames.Load(typeName, "akka.actor.serialization-bindings"), serializer);
        }
    }

    public ExtendedActorSystem System { get; }

    public static string ManifestFor(Serializer s, object msg) => s switch
    {
        SerializerWithStringManifest named => named.Manifest(msg),
        { IncludeManifest: true } => TypeNames.Of(msg.GetType()),
        _ => "",
    };

    /// <summary>The path of a reference as others can use it: with the address of this system as the transport in use knows it.</summary>
    public static string SerializedActorPath(IActorRef actorRef) => actorRef.IsNobody()
        ? ""
        : actorRef.Path.ToSerializationFormatWithAddress(_transportAddress ?? ((IInternalActorRef)actorRef).Provider.DefaultAddress);

    public static T WithTransport<T>(ActorSystem system, Address address, Func<T> action)
    {
        var before = _transportAddress;
        _transportAddress = address;
        try
        {
            return action();
        }
        finally
        {
            _transportAddress = before;
        }
    }

    public void AddSerializer(string name, Serializer serializer)
    {
        if (_byIdentifier.TryGetValue(serializer.Identifier, out var other) && other.GetType() != serializer.GetType())
        {
            throw new ConfigurationException($"{serializer.GetType()} and {other.GetType()} have the same identifier {serializer.Identifier}");
        }

        _byName[name] = serializer;
        _byIdentifier[serializer.Identifier] = serializer;
    }

    public void AddSerializationMap(Type type, Serializer serializer)
    {
        lock (_bindings)
        {
            _bindings.RemoveAll(b => b.Type == type);
            _bindings.Add((type, serializer));
        }

        _found.Clear();
    }

    public Serializer FindSerializerFor(object obj, string? defaultSerializerName = null) => FindSerializerForType(obj.GetType(), defaultSerializerName);

    public Serializer FindSerializerForType(Type objectType, string? defaultSerializerName = null)
    {
        if (_found.TryGetValue(objectType, out var known))
        {
            return known;
        }

        lock (_bindings)
        {
            // The most derived of the bound types that fit: one that no other fitting type is derived from.
            var fitting = _bindings.Where(b => b.Type.IsAssignableFrom(objectType)).ToList();
            var best = fitting.Find(b => !fitting.Exists(o => o.Type != b.Type && b.Type.IsAssignableFrom(o.Type)));
            var serializer = best.Serializer ?? (defaultSerializerName is null ? null : _byName.GetValueOrDefault(defaultSerializerName));
            return serializer is null
                ? throw new SerializationException($"No serializer is bound to [{objectType}] in akka.actor.serialization-bindings")
                : _found.GetOrAdd(objectType, serializer);
        }
    }

    public byte[] Serialize(object o) => WithTransport(System, System.Provider.DefaultAddress, () => FindSerializerFor(o).ToBinary(o));

    public object Deserialize(byte[] bytes, int serializerId, string manifest)
    {
        if (!_byIdentifier.TryGetValue(serializerId, out var serializer))
        {
            throw new SerializationException($"Cannot find serializer with id [{serializerId}]");
        }

        return serializer switch
        {
            SerializerWithStringManifest named => named.FromBinary(bytes, manifest),
            _ when manifest.Length == 0 => serializer.FromBinary(bytes, null!),
            // A peer may name only types that this system has bound itself, not any that happen to be loadable.
            _ => serializer.FromBinary(bytes, _bindings.Find(b => TypeNames.Of(b.Type) == manifest).Type
                ?? throw new SerializationException($"[{manifest}] is not bound to a serializer")),
        };
    }

    public IActorRef DeserializeActorRef(string path) => path.Length == 0 ? ActorRefs.Nobody : System.Provider.ResolveActorRef(path);
}
