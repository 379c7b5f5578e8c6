using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>What a replica is made of.</summary>
/// <param name="Members">The configured list, in order.</param>
/// <param name="BirthProbeInterval">How often a blank node greets the others.</param>
/// <param name="RaftOptions">Makes the options of the Raft core for a member id.</param>
internal sealed record ReplicaOptions(IReadOnlyList<NodeIdentity> Members, TimeSpan BirthProbeInterval, Func<MemberId, RaftOptions> RaftOptions)
{
    /// <summary>The log is not made smaller than this, in bytes: what it keeps spares slow followers, and those of a later leader, a snapshot.</summary>
    public long RetainLogBytes { get; init; } = 1L << 30;

    /// <summary>Whether this node, while blank, joins a cluster that exists and never creates one.</summary>
    public bool Joins { get; init; }

    /// <summary>How long a snapshot on its way to a member may keep its state of the store.</summary>
    public TimeSpan SnapshotPinTimeout { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What was found in the data folder.</summary>
/// <param name="Identity">Who the folder says it is.</param>
/// <param name="Configuration">
/// The newest configuration in the log, or in the store if that has applied it; null while blank, and for a member that joined and has heard nothing yet.
/// </param>
/// <param name="ConfigurationIndex">Where it stands, or stood, in the log.</param>
/// <param name="HardState">Term, vote and commit.</param>
/// <param name="FirstIndex">First entry of the log.</param>
/// <param name="LastIndex">Last entry of the log.</param>
/// <param name="TermBoundaries">First index of each term.</param>
/// <param name="Applied">Last entry the store has applied.</param>
internal sealed record ReplicaRestore(
    NodeIdentity Identity,
    ClusterConfiguration? Configuration,
    LogIndex ConfigurationIndex,
    HardState HardState,
    LogIndex FirstIndex,
    LogIndex LastIndex,
    IReadOnlyList<(LogIndex FirstIndex, Term Term)> TermBoundaries,
    LogIndex Applied)
{
    /// <summary>Configurations before the newest, ascending, that come back into force if it is replaced: that of the applied index, and those after it.</summary>
    public IReadOnlyList<(LogIndex Index, ClusterConfiguration Configuration)> EarlierConfigurations { get; init; } = [];
}
