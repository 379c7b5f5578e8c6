namespace HarmonyDB.Raft;

/// <summary>The settings of a <see cref="RaftNode"/>. Members may differ in all of them except what their election timeouts promise each other.</summary>
public sealed record RaftOptions
{
    /// <summary>This member. Never <see cref="MemberId.None"/>.</summary>
    public required MemberId Id { get; init; }

    /// <summary>How often a leader proves that it is alive. Must be well below <see cref="ElectionTimeoutMinimum"/>.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The shortest silence after which a follower stands for election. Too short a value deposes healthy leaders.</summary>
    public TimeSpan ElectionTimeoutMinimum { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest such silence. Each timeout is drawn afresh between the two, so that votes split rarely (Raft paper, section 5.2).</summary>
    public TimeSpan ElectionTimeoutMaximum { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Whether a member asks for pre-votes before it stands for election (Raft dissertation, section 9.6), so that one that was cut off does not
    /// depose a healthy leader when it comes back. Members with and without it work together. Voters refuse it for the sake of a leader they
    /// hear only with <see cref="CheckQuorum"/>.
    /// </summary>
    public bool PreVote { get; init; } = true;

    /// <summary>
    /// Whether a leader that heard from no quorum for <see cref="ElectionTimeoutMaximum"/> gives up, and whether a member that heard its leader
    /// within <see cref="ElectionTimeoutMinimum"/> ignores votes against it (Raft dissertation, sections 6.2 and 4.2.3). Should be the same on all members.
    /// </summary>
    public bool CheckQuorum { get; init; } = true;

    /// <summary>
    /// Whether a leader answers reads by its lease, without asking a quorum first (Raft dissertation, section 6.4.1). Then linearizability rests on
    /// all members' clocks running within <see cref="ClockDriftBound"/> of true time: a clock that stands still while its machine is suspended, say,
    /// makes reads stale. Must be the same on all members, as must <see cref="ElectionTimeoutMinimum"/>; needs <see cref="CheckQuorum"/>.
    /// </summary>
    public bool LeaseReads { get; init; }

    /// <summary>By what part of elapsed time any member's monotonic clock may be wrong, from 0 to below 1; of use only with <see cref="LeaseReads"/>.</summary>
    public double ClockDriftBound { get; init; } = 0.05;

    /// <summary>
    /// How long a lease lasts from the moment its heartbeats were sent: the shortest time for which a quorum withholds its votes, measured by its
    /// slowest member's promise on a clock that is fast, and by this member's on one that is slow.
    /// </summary>
    public TimeSpan LeaseDuration => ElectionTimeoutMinimum * ((1 - ClockDriftBound) / (1 + ClockDriftBound));

    /// <summary>The most bytes of entries in one AppendEntries; a single larger entry travels alone.</summary>
    public int MaximumAppendBytes { get; init; } = 256 * 1024;

    /// <summary>The largest payload that may be proposed.</summary>
    public int MaximumEntryBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most AppendEntries with entries that may be unanswered by one peer.</summary>
    public int MaximumInflightAppends { get; init; } = 32;

    /// <summary>The most bytes of entries that may be unanswered by one peer; a single larger entry travels alone.</summary>
    public long MaximumInflightBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most bytes of durable entries kept in memory; older ones are read back from the log when they are needed.</summary>
    public long MaximumTailBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// The most bytes a leader holds that are not yet committed. Beyond it proposals are refused, so that a leader cut off from its quorum
    /// does not fill memory and disk (R59).
    /// </summary>
    public long MaximumUncommittedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The most entries a leader holds that are not yet committed; like <see cref="MaximumUncommittedBytes"/>, for many small ones.</summary>
    public int MaximumUncommittedEntries { get; init; } = 65_536;

    /// <summary>The most bytes of committed entries handed out in one <see cref="Ready"/>; a single larger entry comes alone.</summary>
    public long MaximumCommittedBytesPerReady { get; init; } = 1024 * 1024;

    /// <summary>The most bytes of entries handed out and not yet reported as applied; a slow state machine thus holds back what it is given.</summary>
    public long MaximumApplyingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most reads that may wait for a read index at once.</summary>
    public int MaximumPendingReads { get; init; } = 4096;

    /// <summary>
    /// How many entries a learner may lack of the leader's log and still become a voter (Raft dissertation, section 4.2.1): what it lacks is what a
    /// commit that needs its vote would wait for.
    /// </summary>
    public long MaximumPromotionLagEntries { get; init; } = 1024;

    /// <summary>Reads configurations out of log entries.</summary>
    public required IConfigurationCodec ConfigurationCodec { get; init; }

    /// <summary>Checks that the settings can work together.</summary>
    /// <exception cref="ArgumentException">They cannot; the message names the setting.</exception>
    public void Validate()
    {
        Require(!Id.IsNone, "Id must name a member.");
        Require(ConfigurationCodec is not null, "ConfigurationCodec is missing.");
        Require(HeartbeatInterval > TimeSpan.Zero, "HeartbeatInterval must be positive.");
        Require(ElectionTimeoutMinimum >= 2 * HeartbeatInterval, "ElectionTimeoutMinimum must be at least twice HeartbeatInterval.");
        Require(ElectionTimeoutMaximum > ElectionTimeoutMinimum, "ElectionTimeoutMaximum must exceed ElectionTimeoutMinimum.");
        // Without check-quorum the members do not withhold their votes, and a lease would promise what nobody keeps (R23).
        Require(CheckQuorum || !LeaseReads, "LeaseReads needs CheckQuorum.");
        Require(ClockDriftBound is >= 0 and < 1, "ClockDriftBound must be at least 0 and below 1.");
        Require(MaximumAppendBytes > 0, "MaximumAppendBytes must be positive.");
        Require(MaximumEntryBytes > 0, "MaximumEntryBytes must be positive.");
        Require(MaximumInflightAppends > 0, "MaximumInflightAppends must be positive.");
        Require(MaximumInflightBytes >= MaximumAppendBytes, "MaximumInflightBytes must be at least MaximumAppendBytes.");
        Require(MaximumTailBytes > 0, "MaximumTailBytes must be positive.");
        Require(MaximumUncommittedBytes > 0, "MaximumUncommittedBytes must be positive.");
        Require(MaximumUncommittedEntries > 0, "MaximumUncommittedEntries must be positive.");
        Require(MaximumCommittedBytesPerReady > 0, "MaximumCommittedBytesPerReady must be positive.");
        Require(MaximumApplyingBytes > 0, "MaximumApplyingBytes must be positive.");
        Require(MaximumPromotionLagEntries >= 0, "MaximumPromotionLagEntries must not be negative.");
        Require(MaximumPendingReads > 0, "MaximumPendingReads must be positive.");
    }

    /// <summary>An election timeout at random between its bounds.</summary>
    internal TimeSpan DrawElectionTimeout(IRandomSource random)
    {
        var span = (ulong)(ElectionTimeoutMaximum - ElectionTimeoutMinimum).Ticks;
        return ElectionTimeoutMinimum + TimeSpan.FromTicks((long)(random.NextUInt64() % span));
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}
