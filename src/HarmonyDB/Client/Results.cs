namespace HarmonyDB.Client;

/// <summary>Where and when an answer was given.</summary>
/// <param name="ClusterId">The cluster.</param>
/// <param name="MemberId">The member that answered.</param>
/// <param name="Revision">The cluster-wide revision the answer reflects; as in etcd it starts at 1 and each writing request adds 1.</param>
/// <param name="RaftTerm">The member's Raft term.</param>
public readonly record struct ResponseHeader(ulong ClusterId, ulong MemberId, long Revision, ulong RaftTerm);

/// <summary>A key with its latest value. The meaning of each number is etcd's.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value; empty when only keys were asked for.</param>
/// <param name="CreateRevision">Revision at which the key came into being.</param>
/// <param name="ModRevision">Revision of its last change.</param>
/// <param name="Version">Number of changes since it came into being; 1 for a new key.</param>
/// <param name="Lease">The lease it is attached to, 0 for none.</param>
public sealed record KeyValue(
    ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value, long CreateRevision, long ModRevision, long Version, long Lease);

/// <summary>Answer to a put.</summary>
/// <param name="Header">Where and when.</param>
/// <param name="Previous">What was there before, if asked for and there was something.</param>
public sealed record PutResult(ResponseHeader Header, KeyValue? Previous);

/// <summary>Answer to a delete.</summary>
/// <param name="Header">Where and when.</param>
/// <param name="Deleted">Number of keys deleted; when 0, no revision was spent.</param>
/// <param name="Previous">What was deleted, if asked for.</param>
public sealed record DeleteRangeResult(ResponseHeader Header, long Deleted, IReadOnlyList<KeyValue> Previous);

/// <summary>Answer to a read.</summary>
/// <param name="Header">Where and when.</param>
/// <param name="KeyValues">The keys found, in key order, at most the limit.</param>
/// <param name="More">Whether the limit cut the answer short.</param>
/// <param name="Count">Number of keys in the range, whatever the limit.</param>
public sealed record RangeResult(ResponseHeader Header, IReadOnlyList<KeyValue> KeyValues, bool More, long Count);

/// <summary>A member of the cluster, as the replicated configuration has it.</summary>
/// <param name="Id">Assigned by the cluster, never used twice.</param>
/// <param name="Name">The node's configured name.</param>
/// <param name="RaftAddress">Where its peers reach it: <c>host:port</c> of its remoting.</param>
/// <param name="ClientUrls">Where clients reach it.</param>
/// <param name="IsLearner">Whether it receives the log without a vote.</param>
public sealed record Member(ulong Id, string Name, string RaftAddress, IReadOnlyList<string> ClientUrls, bool IsLearner);

/// <summary>A change of the members that was made.</summary>
/// <param name="Header">Where and when.</param>
/// <param name="MemberId">The member it is about.</param>
/// <param name="Members">The members after it.</param>
public sealed record MemberChangeResult(ResponseHeader Header, ulong MemberId, IReadOnlyList<Member> Members);

/// <summary>What a node knows of itself.</summary>
public sealed record NodeStatus
{
    /// <summary>Cluster, member, revision applied here, and term. Cluster and member are 0 while the cluster is not born.</summary>
    public required ResponseHeader Header { get; init; }

    /// <summary>The node's configured name.</summary>
    public required string Name { get; init; }

    /// <summary><c>Blank</c>, <c>Follower</c>, <c>Candidate</c> or <c>Leader</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The leader's member id, 0 when none is known.</summary>
    public required ulong Leader { get; init; }

    /// <summary>Index of the last log entry.</summary>
    public required ulong RaftIndex { get; init; }

    /// <summary>Index of the last entry known to be committed.</summary>
    public required ulong CommitIndex { get; init; }

    /// <summary>Index of the last entry applied to the store.</summary>
    public required ulong AppliedIndex { get; init; }

    /// <summary>Whether the node's disk is full: it takes no writes then and gives up leadership, until there is space again.</summary>
    public bool IsDiskFull { get; init; }

    /// <summary>Length of the store's file, in bytes.</summary>
    public required long StoreBytes { get; init; }

    /// <summary>The part of it that holds live pages, in bytes.</summary>
    public required long StoreBytesInUse { get; init; }

    /// <summary>The members of the cluster; empty while it is not born.</summary>
    public required IReadOnlyList<Member> Members { get; init; }
}
