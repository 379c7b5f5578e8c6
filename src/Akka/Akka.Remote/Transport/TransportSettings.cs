using System.Net;
using Akka.Configuration;

namespace Akka.Remote.Transport;

/// <summary>The keys of <c>akka.remote</c> that this transport knows.</summary>
internal sealed class TransportSettings
{
    /// <summary>More than this, or <see cref="QueuedBytesMax"/>, waiting for one peer, and further messages to it are dropped.</summary>
    public const int QueuedMessagesMax = 20_000;

    public const int QueuedBytesMax = 64 * 1024 * 1024;

    public const int InboundConnectionsMax = 1024;

    public TransportSettings(Config config)
    {
        var remote = config.GetConfig("akka.remote") ?? throw new ConfigurationException("akka.remote is not configured");
        var tcp = remote.GetConfig("dot-netty.tcp") ?? throw new ConfigurationException("akka.remote.dot-netty.tcp is not configured");
        if (tcp.GetBoolean("enable-ssl"))
        {
            throw new ConfigurationException("akka.remote.dot-netty.tcp.enable-ssl: this build's remoting does not do TLS; build with Akka.NET's own packages");
        }

        var hostname = tcp.GetString("hostname");
        Hostname = string.IsNullOrEmpty(hostname) ? IPAddress.Any.ToString() : hostname;
        Port = tcp.GetInt("port", 2552);
        var publicHostname = tcp.GetString("public-hostname");
        PublicHostname = !string.IsNullOrEmpty(publicHostname) ? publicHostname : string.IsNullOrEmpty(hostname) ? Dns.GetHostName() : hostname;
        PublicPort = tcp.GetInt("public-port", 0);
        FrameBytesMax = (int)Positive(tcp.GetByteSize("maximum-frame-size", 128_000), "maximum-frame-size", 32_000, 1 << 30);
        SendBufferBytes = (int)(tcp.GetByteSize("send-buffer-size", 256_000) ?? 0);
        ReceiveBufferBytes = (int)(tcp.GetByteSize("receive-buffer-size", 256_000) ?? 0);
        Backlog = tcp.GetInt("backlog", 4096);
        ConnectionTimeout = tcp.GetTimeSpan("connection-timeout", TimeSpan.FromSeconds(15), allowInfinite: false);
        RetryGateClosedFor = remote.GetTimeSpan("retry-gate-closed-for", TimeSpan.FromSeconds(5), allowInfinite: false);
        FlushWait = remote.GetTimeSpan("flush-wait-on-shutdown", TimeSpan.FromSeconds(2), allowInfinite: false);
        SilenceMax = remote.GetTimeSpan("transport-failure-detector.acceptable-heartbeat-pause", TimeSpan.FromSeconds(20), allowInfinite: false);
        UntrustedMode = remote.GetBoolean("untrusted-mode");
        TrustedSelectionPaths = [.. remote.GetStringList("trusted-selection-paths")];
    }

    public string Hostname { get; }

    public int Port { get; }

    public string PublicHostname { get; }

    public int PublicPort { get; }

    public int FrameBytesMax { get; }

    public int SendBufferBytes { get; }

    public int ReceiveBufferBytes { get; }

    public int Backlog { get; }

    public TimeSpan ConnectionTimeout { get; }

    public TimeSpan RetryGateClosedFor { get; }

    public TimeSpan FlushWait { get; }

    public TimeSpan SilenceMax { get; }

    public bool UntrustedMode { get; }

    public HashSet<string> TrustedSelectionPaths { get; }

    private static long Positive(long? value, string key, long min, long max) => value >= min && value <= max
        ? value.Value
        : throw new ConfigurationException($"akka.remote.dot-netty.tcp.{key} must be between {min} and {max} bytes");
}
