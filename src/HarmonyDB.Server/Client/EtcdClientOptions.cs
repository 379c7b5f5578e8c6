namespace HarmonyDB.Server.Client;

/// <summary>Whom an <see cref="EtcdClient"/> asks, and how long it waits.</summary>
public sealed record EtcdClientOptions
{
    /// <summary>The nodes: <c>host:port</c> or <c>http://host:port</c>. At least one. Default: 127.0.0.1:2379.</summary>
    public IReadOnlyList<string> Endpoints { get; init; } = ["127.0.0.1:2379"];

    /// <summary>How long a call may take in all, failover included. Over 0 and up to 1 day. Default: 5 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long connecting to one node may take before the next is tried. Over 0 and up to 1 day. Default: 1 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Largest answer taken, in bytes, at least 1. Default: 1 GiB.</summary>
    public int MaxResponseBytes { get; init; } = 1024 * 1024 * 1024;

    /// <exception cref="ArgumentException">An option is out of its range, or an endpoint is none.</exception>
    internal IReadOnlyList<Uri> Validate()
    {
        ThrowUnlessTimeout(RequestTimeout, nameof(RequestTimeout));
        ThrowUnlessTimeout(ConnectTimeout, nameof(ConnectTimeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxResponseBytes, 1, nameof(MaxResponseBytes));
        return Endpoints.Count > 0
            ? [.. Endpoints.Select(Parse)]
            : throw new ArgumentException("Name at least one endpoint, such as 127.0.0.1:2379.", nameof(Endpoints));
    }

    private static Uri Parse(string endpoint)
    {
        var text = endpoint.Contains("://", StringComparison.Ordinal) ? endpoint : "http://" + endpoint;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Host.Length == 0 || url.PathAndQuery != "/")
        {
            throw new ArgumentException($"'{endpoint}' is no endpoint: it must be host:port or http://host:port.", nameof(Endpoints));
        }

        return url.Scheme == Uri.UriSchemeHttp
            ? url
            : throw new ArgumentException($"'{endpoint}' asks for {url.Scheme}, and only http is supported: TLS is not in this version.", nameof(Endpoints));
    }

    private static void ThrowUnlessTimeout(TimeSpan timeout, string name)
    {
        if (timeout <= TimeSpan.Zero || timeout > TimeSpan.FromDays(1))
        {
            throw new ArgumentOutOfRangeException(name, $"{name} must be over 0 and up to 1 day.");
        }
    }
}
