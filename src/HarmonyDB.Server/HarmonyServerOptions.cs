using Microsoft.Extensions.Logging;

namespace HarmonyDB.Server;

/// <summary>Where and how a node serves its clients. The settings are those of <c>harmony.server</c> and <c>harmony.limits</c>.</summary>
public sealed record HarmonyServerOptions
{
    /// <summary>
    /// An IP address, <c>localhost</c> (127.0.0.1), <c>*</c> (every address of the machine), or a name, of which the first address is taken.
    /// Default: 127.0.0.1.
    /// </summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 to 65535; 0 takes any free port. Default: 2379.</summary>
    public int Port { get; init; } = 2379;

    /// <summary>Allows an address other than loopback. Danger: there is no TLS and no login, so anyone who reaches the port reads and writes everything.</summary>
    public bool Insecure { get; init; }

    /// <summary>Largest request in bytes, 1 KiB to 16 MiB; the same as the database's own limit. Default: 1.5 MiB.</summary>
    public int MaxRequestBytes { get; init; } = 1536 * 1024;

    /// <summary>Most gRPC calls at a time; beyond it they are refused at once. 1 to 1,000,000. Default: 10,000.</summary>
    public int MaxPendingRequests { get; init; } = 10_000;

    /// <summary>Most connections; beyond it new ones are closed. 1 to 100,000. Default: 2,000.</summary>
    public int MaxConnections { get; init; } = 2_000;

    /// <summary>Most concurrent streams in one HTTP/2 connection. 1 to 10,000. Default: 1,000.</summary>
    public int MaxStreamsPerConnection { get; init; } = 1_000;

    /// <summary>How long a connection may take to say what it wants: the first byte, and the headers of a request. 10 ms to 10 min. Default: 10 s.</summary>
    public TimeSpan RequestHeadersTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long <c>/health</c> waits for a linearizable read. 10 ms to 1 min. Default: 1.5 s.</summary>
    public TimeSpan HealthTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long stopping lets running requests finish before it cuts them off. 0 to 1 min. Default: 5 s.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Where faults are logged; null for nowhere. Only warnings and errors are logged.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <exception cref="ArgumentException">A setting is out of its range (S16).</exception>
    internal void ThrowIfOutOfRange()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Host);
        ThrowUnless(Port is >= 0 and <= 65535, nameof(Port), "0 to 65535");
        ThrowUnless(MaxRequestBytes is >= 1024 and <= 16 * 1024 * 1024, nameof(MaxRequestBytes), "1 KiB to 16 MiB");
        ThrowUnless(MaxPendingRequests is >= 1 and <= 1_000_000, nameof(MaxPendingRequests), "1 to 1,000,000");
        ThrowUnless(MaxConnections is >= 1 and <= 100_000, nameof(MaxConnections), "1 to 100,000");
        ThrowUnless(MaxStreamsPerConnection is >= 1 and <= 10_000, nameof(MaxStreamsPerConnection), "1 to 10,000");
        ThrowUnless(IsWithin(RequestHeadersTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(10)), nameof(RequestHeadersTimeout), "10 ms to 10 min");
        ThrowUnless(IsWithin(HealthTimeout, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)), nameof(HealthTimeout), "10 ms to 1 min");
        ThrowUnless(IsWithin(StopTimeout, TimeSpan.Zero, TimeSpan.FromMinutes(1)), nameof(StopTimeout), "0 to 1 min");
    }

    private static bool IsWithin(TimeSpan value, TimeSpan least, TimeSpan most) => value >= least && value <= most;

    private static void ThrowUnless(bool isInRange, string name, string range)
    {
        if (!isInRange)
        {
            throw new ArgumentOutOfRangeException(name, $"{name} must be {range}.");
        }
    }
}
