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

    /// <summary>The most crashes; each is followed by a restart, which is the same as one that comes later while nothing reaches the member.</summary>
    public int Crashes { get; init; } = 1;

    /// <summary>The most messages lost. One that is never delivered is as good as lost, so these only make room for others.</summary>
    public int Drops { get; init; } = 1;

    /// <summary>The most messages delivered twice.</summary>
    public int Duplicates { get; init; } = 1;

    /// <summary>The most times that a leader's clock runs to its next heartbeat.</summary>
    public int Heartbeats { get; init; } = 1;

    /// <summary>The most questions for a read index.</summary>
    public int Reads { get; init; } = 1;

    /// <summary>The most messages in flight at once.</summary>
    public int InFlight { get; init; } = 6;

    /// <summary>What the members begin with.</summary>
    public IReadOnlyList<string> Starts { get; init; } = ["blank", "elected", "diverged"];
}
