using HarmonyDB.Testing;

namespace HarmonyDB.Model;

/// <summary>Tells what the explorations found.</summary>
internal sealed class ExplorationReport(TextWriter output)
{
    private readonly Figures _figures = new();
    private long _states;
    private long _transitions;
    private long _coreRuns;
    private long _committed;
    private long _twoLeaders;
    private long _faults;
    private TimeSpan _elapsed;

    /// <summary>Whether nothing was wrong.</summary>
    public bool IsClean { get; private set; } = true;

    /// <summary>An exploration begins.</summary>
    public void Begin(Scenario scenario) => output.WriteLine($"== {scenario.Name}: {scenario.Meaning}");

    /// <summary>An exploration is over.</summary>
    /// <returns>Whether nothing was wrong.</returns>
    public bool End(Scenario scenario, Exploration exploration)
    {
        foreach (var line in exploration.Path)
        {
            output.WriteLine(line);
        }
        _states += exploration.States;
        _transitions += exploration.Transitions;
        _coreRuns += exploration.CoreRuns;
        _committed += exploration.StatesWithCommit;
        _twoLeaders += exploration.StatesWithTwoLeaders;
        _faults += exploration.StatesAfterFault;
        _elapsed += exploration.Elapsed;
        if (exploration.Violation is not null)
        {
            IsClean = false;
            output.WriteLine($"FAILED: scenario {scenario.Name}, {exploration.Steps} steps, {exploration.States} states: {exploration.Violation}");
            return false;
        }
        output.WriteLine(
            $"{exploration.States} distinct states in {exploration.Elapsed.TotalSeconds:F1} s, made of {exploration.MemberStates} states of members and "
            + $"{exploration.Messages} messages; "
            + (exploration.IsExhausted ? $"nothing within the bounds is left after {exploration.Depth} steps" : $"complete up to {exploration.Depth} steps"));
        _figures.Add($"model-depth-{scenario.Name}", exploration.Depth, exploration.IsExhausted ? "steps-exhausted" : "steps");
        return true;
    }

    /// <summary>Prints the figures.</summary>
    public void Print()
    {
        _figures.Add("model-states", _states, "states");
        _figures.Add("model-speed", Math.Round(_states / Math.Max(_elapsed.TotalSeconds, 1e-9)), "states/s");
        _figures.Add("model-transitions", _transitions, "transitions");
        _figures.Add("model-core-runs", _coreRuns, "runs");
        _figures.Add("model-committed", _committed, "states");
        _figures.Add("model-two-leaders", _twoLeaders, "states");
        _figures.Add("model-faults", _faults, "states");
        _figures.Add("model-violations", IsClean ? 0 : 1, "violations");
        _figures.Print(output);
    }
}
