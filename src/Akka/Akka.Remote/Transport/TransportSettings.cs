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
    private const int FrameBytesLeast = 32_000;

    public TransportSettings(Config config)
    {
        var remote = config.GetConfig("akka.remote")!;
        var tcp = remote.GetConfig("dot-netty.tcp")!;
        if (tcp.GetBoolean("enable-ssl"))
        {
            throw new ConfigurationException("akka.remote.dot-netty.tcp.enable-ssl: this build's remoting does not do TLS; build with Akka.NET's own packages");
        }

        Hostname = Text(tcp, "hostname", IPAddress.Any.ToString());
        Port = tcp.GetInt("port");
        PublicHostname = Text(tcp, "public-hostname", Text(tcp, "hostname", Dns.GetHostName()));
        PublicPort = tcp.GetInt("public-port");
        FrameBytesMax = Bytes(tcp, "maximum-frame-size", FrameBytesLeast);
        SendBufferBytes = Bytes(tcp, "send-buffer-size", 0);
        ReceiveBufferBytes = Bytes(tcp, "receive-buffer-size", 0);
        Backlog = tcp.GetInt("backlog");
        ConnectionTimeout = tcp.GetTimeSpan("connection-timeout", allowInfinite: false);
        RetryGateClosedFor = remote.GetTimeSpan("retry-gate-closed-for", allowInfinite: false);
        FlushWait = remote.GetTimeSpan("flush-wait-on-shutdown", allowInfinite: false);
        SilenceMax = remote.GetTimeSpan("transport-failure-detector.acceptable-heartbeat-pause", allowInfinite: false);
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
    private static string Text(Config tcp, string key, string instead) => tcp.GetString(key, "") is { Length: > 0 } text ? text : instead;

    private static int Bytes(Config tcp, string key, int min) => tcp.GetByteSize(key) is { } bytes && bytes >= min && bytes <= 1 << 30
        ? (int)bytes
        : throw new ConfigurationException($"akka.remote.dot-netty.tcp.{key} must be between {min} and {1 << 30} bytes");
}
