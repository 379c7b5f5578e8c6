namespace HarmonyDB.Model;

/// <summary>What an exploration found.</summary>
internal sealed class Exploration
{
    /// <summary>Distinct states of the cluster.</summary>
    public int States { get; set; }

    /// <summary>The number of steps within which every state was found and looked at.</summary>
    public int Depth { get; set; }

    /// <summary>How often something happened in a state.</summary>
    public long Transitions { get; set; }

    /// <summary>Distinct states of single members.</summary>
    public int MemberStates { get; set; }

    /// <summary>Distinct messages.</summary>
    public int Messages { get; set; }

    /// <summary>How often the core was run.</summary>
    public int CoreRuns { get; set; }

    /// <summary>Whether nothing within the bounds is left.</summary>
    public bool IsExhausted { get; set; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>What is wrong, or null.</summary>
    public string? Violation { get; set; }

    /// <summary>How many steps lead there.</summary>
    public int Steps { get; set; }

    /// <summary>How to get there.</summary>
    public IReadOnlyList<string> Path { get; set; } = [];

    /// <summary>States in which something is committed.</summary>
    public int StatesWithCommit { get; private set; }

    /// <summary>States in which leaders of two terms or more have been elected.</summary>
    public int StatesWithTwoLeaders { get; private set; }

    /// <summary>States after a fault.</summary>
    public int StatesAfterFault { get; private set; }

    /// <summary>Counts a new state: an exploration in which nothing happened shows nothing.</summary>
    public void Count(ClusterState state)
    {
        StatesWithCommit += state.Ledger.Committed > 0 ? 1 : 0;
        StatesAfterFault += state.Ledger.Spent(Budget.Faults) > 0 ? 1 : 0;
        var leaders = 0;
        for (var term = 1; term <= state.Ledger.LastTerm; term++)
        {
            leaders += state.Ledger.LeaderOf(term) > 0 ? 1 : 0;
        }
        StatesWithTwoLeaders += leaders > 1 ? 1 : 0;
    }
}
