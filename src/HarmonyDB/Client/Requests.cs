namespace HarmonyDB.Client;

/// <summary>Stores a value under a key.</summary>
/// <param name="Key">1 byte to <c>harmony.limits.max-key-bytes</c>.</param>
/// <param name="Value">0 bytes to <c>harmony.limits.max-request-bytes</c>, key included.</param>
public sealed record PutRequest(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> Value)
{
    /// <summary>Whether the answer carries what was there before.</summary>
    public bool PreviousKeyValue { get; init; }
}

/// <summary>Deletes a key or a range.</summary>
/// <param name="Key">The key, or the first key of the range.</param>
/// <param name="RangeEnd">
/// As in etcd: empty for the single key; the exclusive end of the range; or a single zero byte for "to the last key".
/// </param>
public sealed record DeleteRangeRequest(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> RangeEnd = default)
{
    /// <summary>Whether the answer carries what was deleted.</summary>
    public bool PreviousKeyValues { get; init; }
}

/// <summary>Reads a key or a range.</summary>
/// <param name="Key">The key, or the first key of the range.</param>
/// <param name="RangeEnd">As in <see cref="DeleteRangeRequest"/>.</param>
public sealed record RangeRequest(ReadOnlyMemory<byte> Key, ReadOnlyMemory<byte> RangeEnd = default)
{
    /// <summary>Most keys to return; 0 for no limit.</summary>
    public long Limit { get; init; }

    /// <summary>Reads what this node has applied, without asking the leader: fast, works without a quorum, may be stale.</summary>
    public bool Serializable { get; init; }

    /// <summary>Leaves values out.</summary>
    public bool KeysOnly { get; init; }

    /// <summary>Returns only the count.</summary>
    public bool CountOnly { get; init; }
}

/// <summary>Adds a member.</summary>
/// <param name="RaftAddress"><c>host:port</c> at which its remoting will listen, written exactly as its own configuration has it.</param>
public sealed record AddMemberRequest(string RaftAddress)
{
    /// <summary>Whether it stays a learner until someone promotes it; otherwise the leader does once it has caught up.</summary>
    public bool IsLearner { get; init; }
}
