namespace HarmonyDB.Raft;

/// <summary>What a member finds on its disk when it starts; all of it is durable.</summary>
/// <param name="HardState">The last hard state written.</param>
/// <param name="FirstIndex">The first index that the log can read back; 1 when nothing was ever discarded.</param>
/// <param name="LastIndex">The last index in the log; <paramref name="FirstIndex"/> minus one when it holds no entry.</param>
/// <param name="TermBoundaries">
/// Each term in the log with the first index that has it, ascending in both. When <paramref name="FirstIndex"/> is beyond 1 the first boundary lies
/// below it and also gives the term of the entry before it: that of the snapshot's last entry, for example.
/// </param>
/// <param name="Configuration">
/// The newest configuration in the log, committed or not: it is effective from its append (R3). That of the snapshot when the log holds none after
/// it. Read with <see cref="Raft.Configuration.Decode"/>.
/// </param>
/// <param name="ConfigurationIndex">Where that configuration stands in the log; zero when it did not come from the log.</param>
/// <param name="Applied">The last index that the state machine holds durably.</param>
public sealed record RaftRestore(
    HardState HardState,
    LogIndex FirstIndex,
    LogIndex LastIndex,
    IReadOnlyList<(LogIndex FirstIndex, Term Term)> TermBoundaries,
    Configuration Configuration,
    LogIndex ConfigurationIndex,
    LogIndex Applied)
{
    /// <summary>
    /// Configurations at lower indexes, ascending, that come back into force if <see cref="Configuration"/> is truncated away (R7): the one in force
    /// at <see cref="Applied"/>, from the log or from the snapshot, and all after it. Not needed when <see cref="ConfigurationIndex"/> is applied.
    /// </summary>
    public IReadOnlyList<(LogIndex Index, Configuration Configuration)> EarlierConfigurations { get; init; } = [];

    /// <summary>The start of a member whose log is empty.</summary>
    /// <param name="configuration">The members, when they are known from elsewhere; otherwise <see cref="Configuration.Empty"/>.</param>
    public static RaftRestore Blank(Configuration configuration) =>
        new(default, new LogIndex(1), LogIndex.Zero, [], configuration, LogIndex.Zero, LogIndex.Zero);
}
