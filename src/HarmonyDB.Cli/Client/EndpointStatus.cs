namespace HarmonyDB.Cli.Client;

/// <summary>What a node says of itself over the network.</summary>
internal sealed record EndpointStatus
{
    /// <summary>The cluster; 0 while it is not born.</summary>
    public required ulong ClusterId { get; init; }

    /// <summary>The node's member id; 0 while the cluster is not born.</summary>
    public required ulong MemberId { get; init; }

    /// <summary>The leader's member id as this node knows it; 0 for none.</summary>
    public required ulong Leader { get; init; }

    /// <summary>Raft term.</summary>
    public required ulong Term { get; init; }

    /// <summary>Index of the last log entry.</summary>
    public required ulong RaftIndex { get; init; }

    /// <summary>Index of the last entry applied to the store.</summary>
    public required ulong AppliedIndex { get; init; }

    /// <summary>Revision applied here.</summary>
    public required long Revision { get; init; }

    /// <summary>Length of the store's file, in bytes.</summary>
    public required long StoreBytes { get; init; }

    /// <summary>The part of it that holds live pages, in bytes.</summary>
    public required long StoreBytesInUse { get; init; }

    /// <summary>Whether it has no vote.</summary>
    public required bool IsLearner { get; init; }

    /// <summary>The version it reports to clients.</summary>
    public required string Version { get; init; }
}
