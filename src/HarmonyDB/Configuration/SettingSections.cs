using System.Net;

namespace HarmonyDB.Configuration;

/// <summary><c>harmony.raft</c>.</summary>
public sealed record RaftSettings
{
    /// <summary>Time between a leader's heartbeats.</summary>
    public required TimeSpan HeartbeatInterval { get; init; }

    /// <summary>Shortest time without a leader after which a follower asks for votes.</summary>
    public required TimeSpan ElectionTimeoutMinimum { get; init; }

    /// <summary>Longest such time.</summary>
    public required TimeSpan ElectionTimeoutMaximum { get; init; }

    /// <summary>Most bytes of entries in one AppendEntries.</summary>
    public required int AppendBytesMaximum { get; init; }

    /// <summary>Most AppendEntries on the way to one follower.</summary>
    public required int InflightAppendsMaximum { get; init; }

    /// <summary>Most bytes of them.</summary>
    public required long InflightBytesMaximum { get; init; }

    /// <summary>Most bytes of recent entries in memory.</summary>
    public required long TailBytesMaximum { get; init; }

    /// <summary>Most bytes of proposals without a quorum.</summary>
    public required long UncommittedBytesMaximum { get; init; }

    /// <summary>Most proposals without a quorum.</summary>
    public required int UncommittedEntriesMaximum { get; init; }

    /// <summary>Whether a member asks for pre-votes before it stands for election.</summary>
    public required bool PreVote { get; init; }

    /// <summary>Whether a leader without a quorum gives up, and members protect a leader they hear.</summary>
    public required bool CheckQuorum { get; init; }

    /// <summary>Whether a leader answers reads by its lease.</summary>
    public required bool LeaseReads { get; init; }

    /// <summary>By how many percent of elapsed time a member's clock may be wrong.</summary>
    public required int ClockDriftPercent { get; init; }

    internal static RaftSettings From(SettingsReader reader)
    {
        TimeSpan minute = TimeSpan.FromMinutes(1);
        return new RaftSettings
        {
            HeartbeatInterval = reader.Duration("harmony.raft.heartbeat-interval", TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(10)),
            ElectionTimeoutMinimum = reader.Duration("harmony.raft.election-timeout-min", TimeSpan.FromMilliseconds(15), minute),
            ElectionTimeoutMaximum = reader.Duration("harmony.raft.election-timeout-max", TimeSpan.FromMilliseconds(15), minute),
            AppendBytesMaximum = (int)reader.Bytes("harmony.raft.max-append-bytes", 4 << 10, 1 << 20),
            InflightAppendsMaximum = reader.Number("harmony.raft.max-inflight-appends", 1, 1024),
            InflightBytesMaximum = reader.Bytes("harmony.raft.max-inflight-bytes", 64 << 10, 1 << 30),
            TailBytesMaximum = reader.Bytes("harmony.raft.max-tail-bytes", 1 << 20, 4L << 30),
            UncommittedBytesMaximum = reader.Bytes("harmony.raft.max-uncommitted-bytes", 1 << 20, 4L << 30),
            UncommittedEntriesMaximum = reader.Number("harmony.raft.max-uncommitted-entries", 16, 10_000_000),
            PreVote = reader.Switch("harmony.raft.pre-vote"),
            CheckQuorum = reader.Switch("harmony.raft.check-quorum"),
            LeaseReads = reader.Switch("harmony.raft.lease-reads"),
            ClockDriftPercent = reader.Number("harmony.raft.max-clock-drift-percent", 1, 90),
        };
    }
}

/// <summary><c>harmony.store</c>.</summary>
public sealed record StoreSettings
{
    /// <summary>Page size of a new file, in bytes.</summary>
    public required int PageSizeBytes { get; init; }

    /// <summary>Longest time between checkpoints.</summary>
    public required TimeSpan CheckpointInterval { get; init; }

    /// <summary>Most bytes applied between checkpoints.</summary>
    public required long CheckpointBytes { get; init; }

    /// <summary>Most concurrent read transactions.</summary>
    public required int ReadersMaximum { get; init; }

    internal static StoreSettings From(SettingsReader reader)
    {
        var settings = new StoreSettings
        {
            PageSizeBytes = (int)reader.Bytes("harmony.store.page-size", 4 << 10, 64 << 10),
            CheckpointInterval = reader.Duration("harmony.store.checkpoint-interval", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            CheckpointBytes = reader.Bytes("harmony.store.checkpoint-bytes", 1 << 20, 16L << 30),
            ReadersMaximum = reader.Number("harmony.store.max-readers", 16, 65536),
        };
        if (!int.IsPow2(settings.PageSizeBytes))
        {
            reader.Problems.Add($"harmony.store.page-size is {settings.PageSizeBytes} bytes; it must be a power of two.");
        }

        return settings;
    }
}

/// <summary><c>harmony.limits</c>.</summary>
public sealed record LimitSettings
{
    /// <summary>Longest key, in bytes.</summary>
    public required int KeyBytesMaximum { get; init; }

    /// <summary>Largest request, in bytes.</summary>
    public required int RequestBytesMaximum { get; init; }

    /// <summary>How long a request without a deadline of its own waits.</summary>
    public required TimeSpan RequestTimeout { get; init; }

    /// <summary>Most requests a node holds at a time.</summary>
    public required int PendingRequestsMaximum { get; init; }

    /// <summary>Most bytes of them.</summary>
    public required long PendingBytesMaximum { get; init; }

    /// <summary>Most commands in one log entry.</summary>
    public required int BatchCommandsMaximum { get; init; }

    internal static LimitSettings From(SettingsReader reader) => new()
    {
        KeyBytesMaximum = (int)reader.Bytes("harmony.limits.max-key-bytes", 1, 1 << 10),
        RequestBytesMaximum = (int)reader.Bytes("harmony.limits.max-request-bytes", 1 << 10, 16 << 20),
        RequestTimeout = reader.Duration("harmony.limits.request-timeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
        PendingRequestsMaximum = reader.Number("harmony.limits.max-pending-requests", 1, 1_000_000),
        PendingBytesMaximum = reader.Bytes("harmony.limits.max-pending-bytes", 1 << 20, 16L << 30),
        BatchCommandsMaximum = reader.Number("harmony.limits.max-batch-commands", 1, 65536),
    };
}

/// <summary><c>harmony.server</c>.</summary>
public sealed record ServerSettings
{
    /// <summary>Where clients are served; null when neither <c>listen</c> nor a client URL names a place.</summary>
    public required DnsEndPoint? Listen { get; init; }

    /// <summary>Whether clear text beyond loopback is allowed.</summary>
    public required bool Insecure { get; init; }

    /// <summary>Most connections.</summary>
    public required int ConnectionsMaximum { get; init; }

    /// <summary>Most concurrent streams in one connection.</summary>
    public required int StreamsPerConnectionMaximum { get; init; }

    internal static ServerSettings From(SettingsReader reader, MemberSettings self)
    {
        string listen = reader.Text("harmony.server.listen");
        DnsEndPoint? endpoint = null;
        if (listen.Length > 0)
        {
            endpoint = reader.TryEndpoint("harmony.server.listen", listen, out DnsEndPoint given) ? given : null;
        }
        else if (self.ClientUrls.Count > 0 && Uri.TryCreate(self.ClientUrls[0], UriKind.Absolute, out Uri? url))
        {
            endpoint = new DnsEndPoint(url.Host, url.Port);
        }

        var settings = new ServerSettings
        {
            Listen = endpoint,
            Insecure = reader.Switch("harmony.server.insecure"),
            ConnectionsMaximum = reader.Number("harmony.server.max-connections", 1, 100_000),
            StreamsPerConnectionMaximum = reader.Number("harmony.server.max-streams-per-connection", 1, 10_000),
        };
        if (endpoint is not null && !settings.Insecure && !HarmonySettings.IsLoopback(endpoint.Host))
        {
            reader.Problems.Add(
                $"harmony.server.listen is {endpoint.Host}:{endpoint.Port}, which is not loopback, and TLS is not in this version. "
                + "Anyone who reaches it can read and write everything: set harmony.server.insecure = on if the network is private.");
        }

        return settings;
    }
}
