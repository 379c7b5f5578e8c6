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
    private static Information? _current;
    private readonly Dictionary<string, Serializer> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Serializer> _byIdentifier = [];
    private readonly List<(Type Type, Serializer Serializer)> _bindings = [];
    private readonly ConcurrentDictionary<Type, Serializer> _found = new();

    public Serialization(ExtendedActorSystem system)
    {
        System = system;
        var config = system.Settings.Config;
        AddSerializer(new NullSerializer(system));
        foreach (var (name, typeName) in Entries(config, "akka.actor.serializers"))
        {
            var type = TypeNames.Load(typeName, "akka.actor.serializers." + name);
            var section = config.GetConfig("akka.actor.serialization-settings." + name);
            AddSerializer(name, section is not null && type.GetConstructor([typeof(ExtendedActorSystem), typeof(Config)]) is not null
                ? TypeNames.Create<Serializer>(type, system, section)
                : TypeNames.Create<Serializer>(type, system));
        }

        foreach (var (typeName, name) in Entries(config, "akka.actor.serialization-bindings"))
        {
            if (name is "none" or "")
            {
                continue;
            }

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
    public static string SerializedActorPath(IActorRef actorRef)
    {
        if (actorRef.IsNobody())
        {
            return "";
        }

        var path = actorRef.Path;
        var address = _current?.Address ?? (actorRef as IInternalActorRef)?.Provider.DefaultAddress;
        return address is null ? path.ToSerializationFormat() : path.ToSerializationFormatWithAddress(address);
    }

    public static T WithTransport<T>(ActorSystem system, Address address, Func<T> action)
    {
        var before = _current;
        _current = new Information(address, system);
        try
        {
            return action();
        }
        finally
        {
            _current = before;
        }
    }

    public static T WithTransport<T>(ExtendedActorSystem system, Func<T> action) => WithTransport(system, system.Provider.DefaultAddress, action);
    public void AddSerializer(Serializer serializer) => _byIdentifier[serializer.Identifier] = serializer;

    public void AddSerializer(string name, Serializer serializer)
    {
        if (_byIdentifier.TryGetValue(serializer.Identifier, out var other) && other.GetType() != serializer.GetType())
        {
            throw new ConfigurationException($"{serializer.GetType()} and {other.GetType()} have the same identifier {serializer.Identifier}");
        }

        _byName[name] = serializer;
        AddSerializer(serializer);
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

    public Serializer FindSerializerFor(object obj, string? defaultSerializerName = null) =>
        obj is null ? _byIdentifier[0] : FindSerializerForType(obj.GetType(), defaultSerializerName);

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

    public byte[] Serialize(object o) => WithTransport(System, () => FindSerializerFor(o).ToBinary(o));

    public object Deserialize(byte[] bytes, int serializerId, string manifest)
    {
        var serializer = Find(serializerId);
        return serializer switch
        {
            SerializerWithStringManifest named => named.FromBinary(bytes, manifest),
            _ when manifest.Length == 0 => serializer.FromBinary(bytes, null!),
            // A peer may name only types that this system has bound itself, not any that happen to be loadable.
            _ => serializer.FromBinary(bytes, _bindings.Find(b => TypeNames.Of(b.Type) == manifest).Type
                ?? throw new SerializationException($"[{manifest}] is not bound to a serializer")),
        };
    }

    public object Deserialize(byte[] bytes, int serializerId, Type type) => Find(serializerId).FromBinary(bytes, type);
    public IActorRef DeserializeActorRef(string path) => path.Length == 0 ? ActorRefs.Nobody : System.Provider.ResolveActorRef(path);

    /// <summary>There and back, as a message would be that goes over the network.</summary>
    internal object Copy(object message)
    {
        if (message is INoSerializationVerificationNeeded)
        {
            return message;
        }

        var serializer = FindSerializerFor(message);
        return WithTransport(System, () => Deserialize(serializer.ToBinary(message), serializer.Identifier, ManifestFor(serializer, message)));
    }

    private static IEnumerable<KeyValuePair<string, string>> Entries(Config config, string path) => (config.GetConfig(path) ?? Config.Empty).Entries;

    private Serializer Find(int identifier) => _byIdentifier.TryGetValue(identifier, out var serializer)
        ? serializer
        : throw new SerializationException($"Cannot find serializer with id [{identifier}]");
}

/// <summary>The transport that a serializer works for.</summary>
internal sealed record Information(Address Address, ActorSystem System);
