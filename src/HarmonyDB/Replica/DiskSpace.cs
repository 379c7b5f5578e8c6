using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// What a node does while its disk is full: a leader takes no writes and hands leadership to whoever can take it; reads, heartbeats and votes go on. It ends
/// when the host says that there is space again. Pure.
/// </summary>
internal sealed class DiskSpace
{
    // A successor whose disk is full as well hands over in turn: seldom enough that leadership does not go round and round.
    private static readonly TimeSpan HandOverIntervalMinimum = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HandOverIntervalMaximum = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    private readonly Action<ReplicaEffect> _emit;
    private bool _logIsFull;
    private bool _storeIsFull;
    private TimeSpan _handOverAt;
    private TimeSpan _handOverInterval = HandOverIntervalMinimum;

    /// <summary>Creates it with space.</summary>
    /// <param name="emit">Takes effects.</param>
    public DiskSpace(Action<ReplicaEffect> emit)
    {
        _emit = emit;
    }

    /// <summary>Whether writes are to be refused here.</summary>
    public bool IsFull => _logIsFull || _storeIsFull;

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public TimeSpan NextDeadline(RaftNode? node) => IsFull && node is { Role: Role.Leader } && HasOtherVoters(node) ? _handOverAt : TimeSpan.MaxValue;

    /// <summary>The host found the disk full in one of its parts, or has space for it again.</summary>
    public void Changed(DiskPart part, bool isFull, TimeSpan now)
    {
        bool wasFull = IsFull;
        if (part == DiskPart.Log)
        {
            _logIsFull = isFull;
        }
        else
        {
            _storeIsFull = isFull;
        }

        if (IsFull == wasFull)
        {
            return;
        }

        _handOverAt = now;
        _handOverInterval = HandOverIntervalMinimum;
        _emit(IsFull
            ? new NoticeEffect(true, $"The disk is full (found by the {part.ToString().ToLowerInvariant()}). This node takes no writes and gives up leadership; reads go on. Free some space.")
            : new NoticeEffect(false, "There is space on the disk again: this node takes writes."));
    }

    /// <summary>Hands leadership over, if that is due.</summary>
    public void Tick(RaftNode node, TimeSpan now)
    {
        if (!IsFull || node.Role != Role.Leader || !HasOtherVoters(node) || now < _handOverAt || !node.TransferTarget.IsNone)
        {
            return;
        }

        if (node.TransferLeadership().Status == TransferStatus.Started)
        {
            _handOverAt = now + _handOverInterval;
            _handOverInterval = _handOverInterval * 2 < HandOverIntervalMaximum ? _handOverInterval * 2 : HandOverIntervalMaximum;
        }
        else
        {
            _handOverAt = now + RetryInterval;
        }
    }

    private static bool HasOtherVoters(RaftNode node) => node.Configuration.Voters.Length > 1;
}

/// <summary>What of a node needs space on the disk.</summary>
internal enum DiskPart
{
    /// <summary>The log.</summary>
    Log,

    /// <summary>The store.</summary>
    Store,
}
