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

    /// <summary>The most bytes of committed entries handed out in one <see cref="Ready"/>; a single larger entry comes alone.</summary>
    public long MaximumCommittedBytesPerReady { get; init; } = 1024 * 1024;

    /// <summary>The most bytes of entries handed out and not yet reported as applied; a slow state machine thus holds back what it is given.</summary>
    public long MaximumApplyingBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The most reads that may wait for a read index at once.</summary>
    public int MaximumPendingReads { get; init; } = 4096;

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
        Require(MaximumAppendBytes > 0, "MaximumAppendBytes must be positive.");
        Require(MaximumEntryBytes > 0, "MaximumEntryBytes must be positive.");
        Require(MaximumInflightAppends > 0, "MaximumInflightAppends must be positive.");
        Require(MaximumInflightBytes >= MaximumAppendBytes, "MaximumInflightBytes must be at least MaximumAppendBytes.");
        Require(MaximumTailBytes > 0, "MaximumTailBytes must be positive.");
        Require(MaximumUncommittedBytes > 0, "MaximumUncommittedBytes must be positive.");
        Require(MaximumCommittedBytesPerReady > 0, "MaximumCommittedBytesPerReady must be positive.");
        Require(MaximumApplyingBytes > 0, "MaximumApplyingBytes must be positive.");
        Require(MaximumPendingReads > 0, "MaximumPendingReads must be positive.");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}
