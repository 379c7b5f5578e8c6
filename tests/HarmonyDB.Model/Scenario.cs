namespace HarmonyDB.Model;

/// <summary>
/// A part of what can happen, with bounds that let the exploration get deep there. Everything at once would be exhausted nowhere: each kind of event
/// that is possible multiplies the states at every depth.
/// </summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Meaning">What it is about.</param>
/// <param name="Bounds">How far it goes.</param>
internal sealed record Scenario(string Name, string Meaning, Bounds Bounds)
{
    private static readonly Bounds Quiet = new()
    {
        Entries = 0,
        ConfigurationChanges = 0,
        Faults = 0,
        Heartbeats = 0,
        Reads = 0,
        SlowDisks = false,
        PreVote = false,
        CheckQuorum = false,
        Starts = ["elected"],
    };

    /// <summary>All scenarios.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new("election", "who is elected, with a fault", Quiet with { Starts = ["blank"], Faults = 1, SlowDisks = true }),
        new("pre-vote", "elections with pre-vote and check-quorum, with a fault", Quiet with { Starts = ["blank"], Faults = 1, PreVote = true, CheckQuorum = true }),
        new("overwrite", "logs that differ are brought together; figure 8 of the paper", Quiet with { Starts = ["diverged"] }),
        new("overwrite-disk", "the same with slow disks", Quiet with { Starts = ["diverged"], SlowDisks = true }),
        new("replication", "entries travel, with a fault", Quiet with { Entries = 2, Faults = 1, Terms = 1 }),
        new("replication-disk", "the same with slow disks", Quiet with { Entries = 1, Faults = 1, Terms = 1, SlowDisks = true }),
        new("succession", "entries travel while leaders change", Quiet with { Entries = 2 }),
        new("reads", "read indexes while leaders change", Quiet with { Reads = 1, Entries = 1, Terms = 1, InFlight = 8 }),
        new("reads-steady", "read indexes of a leader that stays, some asked again", Quiet with { Reads = 2, Entries = 1, Terms = 0 }),
        new("membership", "voters are removed, one by one and through joint configurations", Quiet with { ConfigurationChanges = 2 }),
        new("membership-crash", "the same with a fault", Quiet with { ConfigurationChanges = 1, Faults = 1 }),
        new("snapshots", "logs are discarded, and snapshots installed", Quiet with { Compactions = 1, Entries = 1, Heartbeats = 1, Terms = 1 }),
        new("snapshots-steady", "the same while the leader stays, with a fault", Quiet with { Compactions = 1, Entries = 1, Heartbeats = 1, Faults = 1, Terms = 0 }),
        new("transfer", "leadership is handed over, with pre-vote and check-quorum", Quiet with { Transfers = 1, Entries = 1, PreVote = true, CheckQuorum = true }),
        new("everything", "all of it at once, from every start", new Bounds()),
    ];

    /// <summary>The scenario of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static Scenario Named(string name) => All.FirstOrDefault(scenario => scenario.Name == name)
        ?? throw new FormatException($"'{name}' is no scenario; there are {string.Join(", ", All.Select(scenario => scenario.Name))}.");
}
