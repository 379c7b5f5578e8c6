namespace HarmonyDB.Raft;

/// <summary>What a member finds on its disk when it starts; all of it is durable.</summary>
/// <param name="HardState">The last hard state written.</param>
/// <param name="FirstIndex">The first index that the log can read back; 1 when nothing was ever discarded.</param>
/// <param name="LastIndex">The last index in the log; <paramref name="FirstIndex"/> minus one when it holds no entry.</param>
/// <param name="TermBoundaries">
/// Each term in the log with the first index that has it, ascending in both. The first boundary may lie below <paramref name="FirstIndex"/>
/// and then also gives the term of the entry before it.
/// </param>
/// <param name="Configuration">The newest configuration in the log, committed or not: it is effective from its append (R3).</param>
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
    /// Configurations at lower indexes, ascending, that come back into force if <see cref="Configuration"/> is truncated away: the newest
    /// committed one and all after it. Not needed while <see cref="ConfigurationIndex"/> is committed.
    /// </summary>
    public IReadOnlyList<(LogIndex Index, Configuration Configuration)> EarlierConfigurations { get; init; } = [];

    /// <summary>The start of a member whose log is empty.</summary>
    /// <param name="configuration">The members, when they are known from elsewhere; otherwise <see cref="Configuration.Empty"/>.</param>
    public static RaftRestore Blank(Configuration configuration) =>
        new(default, new LogIndex(1), LogIndex.Zero, [], configuration, LogIndex.Zero, LogIndex.Zero);
}
