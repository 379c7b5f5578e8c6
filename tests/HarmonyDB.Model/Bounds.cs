namespace HarmonyDB.Model;

/// <summary>
/// How far the exploration goes. Within these bounds it takes every interleaving; what lies beyond one is not looked at. A fault that a budget
/// bounds may happen so often on the way to any one state.
/// </summary>
internal sealed record Bounds
{
    /// <summary>Greatest number of each budget: three bits hold it.</summary>
    public const int BudgetMaximum = 7;

    /// <summary>The most distinct states, after which the exploration ends even if it is not exhausted.</summary>
    public int States { get; init; } = 10_000_000;

    /// <summary>The most terms beyond the highest that the members begin with.</summary>
    public int Terms { get; init; } = 2;

    /// <summary>The most commands that clients propose. Each election adds a no-op of its own.</summary>
    public int Entries { get; init; } = 3;

    /// <summary>The most changes of membership.</summary>
    public int ConfigurationChanges { get; init; } = 1;

    /// <summary>
    /// The most faults in all: a crash with a restart (which is the same as a restart that comes later, while nothing reaches the member), a message
    /// delivered twice, a message lost. One that is never delivered is as good as lost, and costs nothing.
    /// </summary>
    public int Faults { get; init; } = 1;

    /// <summary>The most transfers of leadership.</summary>
    public int Transfers { get; init; }

    /// <summary>The most times that a leader's clock runs to its next heartbeat.</summary>
    public int Heartbeats { get; init; } = 1;

    /// <summary>The most times that a member discards its log up to what is applied, so that whoever needs more gets a snapshot.</summary>
    public int Compactions { get; init; }

    /// <summary>The most questions for a read index.</summary>
    public int Reads { get; init; } = 1;

    /// <summary>The most messages in flight at once. When there is hardly room for more, losing one costs nothing.</summary>
    public int InFlight { get; init; } = 6;

    /// <summary>Whether writes and the state machine take their time, so that other things happen meanwhile. Otherwise they are done at once.</summary>
    public bool SlowDisks { get; init; } = true;

    /// <summary>Whether the members ask for pre-votes.</summary>
    public bool PreVote { get; init; } = true;

    /// <summary>Whether leaders check their quorum, and members protect a leader that they hear.</summary>
    public bool CheckQuorum { get; init; } = true;

    /// <summary>What the members begin with.</summary>
    public IReadOnlyList<string> Starts { get; init; } = ["blank", "elected", "diverged"];
}
