using Google.Protobuf.Reflection;

namespace HarmonyDB.Server.Grpc;

/// <summary>The methods of a server by path, and a clear refusal for every other path.</summary>
internal sealed class GrpcMethodTable
{
    private readonly Dictionary<string, GrpcMethod> _served;
    private readonly HashSet<string> _services = new(StringComparer.Ordinal);
    private readonly HashSet<string> _declared = new(StringComparer.Ordinal);

    /// <param name="services">What the API declares, served here or not.</param>
    /// <param name="served">The methods that are served. Each must be declared.</param>
    public GrpcMethodTable(IEnumerable<ServiceDescriptor> services, IEnumerable<GrpcMethod> served)
    {
        foreach (var service in services)
        {
            _services.Add(service.FullName);
            foreach (var method in service.Methods)
            {
                _declared.Add($"/{service.FullName}/{method.Name}");
            }
        }

        _served = served.ToDictionary(method => method.Path, StringComparer.Ordinal);
        if (_served.Keys.FirstOrDefault(path => !_declared.Contains(path)) is { } undeclared)
        {
            throw new ArgumentException($"{undeclared} is served, but the API declares no such method.", nameof(served));
        }
    }

    /// <summary>Whether a path belongs to the API, served or not.</summary>
    public bool IsDeclared(string path) => _declared.Contains(path);

    /// <exception cref="GrpcStatusException">UNIMPLEMENTED, with a message that tells an unknown service from an unknown or not yet supported method.</exception>
    public GrpcMethod Find(string path)
    {
        if (_served.TryGetValue(path, out var method))
        {
            return method;
        }

        if (_declared.Contains(path))
        {
            throw new GrpcStatusException(GrpcStatusCode.Unimplemented, $"{path[1..]} is not supported by this version of HarmonyDB");
        }

        var slash = path.LastIndexOf('/');
        var service = slash > 0 ? path[1..slash] : path.TrimStart('/');
        throw new GrpcStatusException(
            GrpcStatusCode.Unimplemented,
            _services.Contains(service) ? $"unknown method {path[(slash + 1)..]} for service {service}" : $"unknown service {service}");
    }
}
