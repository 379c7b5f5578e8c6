using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Roles;

/// <summary>
/// What a member does while it has a role. <see cref="RaftNode"/> holds one at a time and gives it only well-formed messages of the current
/// term; a change of role or term makes a new one.
/// </summary>
internal abstract class RoleBehavior(RaftNode node)
{
    /// <summary>The role.</summary>
    public abstract Role Role { get; }

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public abstract TimeSpan Deadline { get; }

    /// <summary>Whether <see cref="PrepareReady"/> has something to do.</summary>
    public virtual bool HasWork => false;

    /// <summary>Whether this member leads with a quorum behind it, and so need not let itself be deposed (Raft dissertation, section 4.2.3).</summary>
    public virtual bool LeadsWithQuorum => false;

    /// <summary>The member that has the role.</summary>
    protected RaftNode Node { get; } = node;

    /// <summary>The member's log.</summary>
    protected RaftLog Log => Node.Log;

    /// <summary>Begins the role.</summary>
    public abstract void Enter();

    /// <summary>Ends the role: reads that wait fail.</summary>
    public virtual void Leave()
    {
    }

    /// <summary>Time passed.</summary>
    public abstract void Tick();

    /// <summary>A message of the current term.</summary>
    public abstract void Step(RaftMessage message);

    /// <summary>A command to be appended.</summary>
    public virtual ProposeResult Propose(ReadOnlyMemory<byte> payload) =>
        new(ProposeStatus.NotLeader, LogIndex.Zero, Node.Term, Node.Leader);

    /// <summary>A configuration to be reached.</summary>
    public virtual ProposeResult ProposeConfiguration(Configuration target) =>
        new(ProposeStatus.NotLeader, LogIndex.Zero, Node.Term, Node.Leader);

    /// <summary>A question for a read index.</summary>
    /// <param name="requestId">Its name.</param>
    /// <param name="mayUseLease">Whether the time is known well enough to answer by a lease.</param>
    public abstract ReadIndexStatus ReadIndex(ulong requestId, bool mayUseLease);

    /// <summary>Hands leadership over, to this member or to whom it suits best.</summary>
    public virtual TransferResult TransferLeadership(MemberId? target) => new(TransferStatus.NotLeader, MemberId.None);

    /// <summary>More is durable than before.</summary>
    public virtual void Persisted()
    {
    }

    /// <summary>Entries for a peer were read back.</summary>
    public virtual void EntriesRead(LogRead request, IReadOnlyList<Entry> entries)
    {
    }

    /// <summary>A peer's host has all of a snapshot.</summary>
    public virtual void SnapshotSent(MemberId peer, LogIndex index)
    {
    }

    /// <summary>A peer did not get a snapshot.</summary>
    public virtual void SnapshotFailed(MemberId peer)
    {
    }

    /// <summary>The host is about to take a Ready: everything decided since the last one can now be sent in few messages.</summary>
    public virtual void PrepareReady()
    {
    }

    /// <summary>Refuses a forwarded read: this member does not lead.</summary>
    protected void RefuseRead(ReadIndexRequest message) =>
        Node.Outbox.Send(new ReadIndexResponse(Node.Id, message.From, Node.Term, message.RequestId, LogIndex.Zero, true));
}
