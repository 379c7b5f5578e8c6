using HarmonyDB.Model;
using HarmonyDB.Testing;

const string Usage = """
    usage: HarmonyDB.Model [OPTION N] ...

      Takes three real members through every interleaving within bounds, breadth first, and checks the properties of Raft in each state.

      --states (10000000)   distinct states after which it ends        --in-flight (6)    messages in flight at once
      --terms (2)           terms beyond those of the start            --drops (1)        messages lost
      --entries (3)         commands proposed                          --duplicates (1)   messages delivered twice
      --crashes (1)         crashes, each with a restart               --heartbeats (1)   times that a leader's clock runs out
      --reads (1)           questions for a read index                 --configuration-changes (1)
      --start NAME,...      blank, elected, diverged (all of them)
    """;

try
{
    var defaults = new Bounds();
    var arguments = new Arguments(
        ["explore", .. args],
        "--states", "--terms", "--entries", "--configuration-changes", "--crashes", "--drops", "--duplicates", "--heartbeats", "--reads", "--in-flight", "--start");
    int Budget(string option, int otherwise) => arguments.Number(option, otherwise, 0, Bounds.BudgetMaximum);
    var bounds = new Bounds
    {
        States = arguments.Number("--states", defaults.States, 1, 1_000_000_000),
        Terms = arguments.Number("--terms", defaults.Terms, 1, Ledger.TermMaximum),
        Entries = Budget("--entries", defaults.Entries),
        ConfigurationChanges = Budget("--configuration-changes", defaults.ConfigurationChanges),
        Crashes = Budget("--crashes", defaults.Crashes),
        Drops = Budget("--drops", defaults.Drops),
        Duplicates = Budget("--duplicates", defaults.Duplicates),
        Heartbeats = Budget("--heartbeats", defaults.Heartbeats),
        Reads = arguments.Number("--reads", defaults.Reads, 0, Ledger.ReadsMaximum),
        InFlight = arguments.Number("--in-flight", defaults.InFlight, 1, ClusterState.InFlightMaximum),
        Starts = arguments.Text("--start", string.Join(',', defaults.Starts)).Split(','),
    };
    foreach (var start in bounds.Starts)
    {
        Console.WriteLine($"start {start}: {Starts.Describe(start)}");
    }
    var exploration = new Explorer(bounds, Console.Out).Run();
    foreach (var line in exploration.Path)
    {
        Console.WriteLine(line);
    }
    var figures = new Figures();
    figures.Add("model-states", exploration.States, "states");
    figures.Add("model-depth", exploration.Depth, "steps");
    figures.Add("model-exhausted", exploration.IsExhausted ? 1 : 0, "of-1");
    figures.Add("model-transitions", exploration.Transitions, "transitions");
    figures.Add("model-speed", Math.Round(exploration.States / exploration.Elapsed.TotalSeconds), "states/s");
    figures.Add("model-members", exploration.MemberStates, "states");
    figures.Add("model-messages", exploration.Messages, "messages");
    figures.Add("model-core-runs", exploration.CoreRuns, "runs");
    figures.Add("model-committed", exploration.StatesWithCommit, "states");
    figures.Add("model-two-leaders", exploration.StatesWithTwoLeaders, "states");
    figures.Add("model-crashed", exploration.StatesAfterCrash, "states");
    figures.Add("model-violations", exploration.Violation is null ? 0 : 1, "violations");
    figures.Print(Console.Out);
    if (exploration.Violation is not null)
    {
        Console.WriteLine($"FAILED: {exploration.Violation}");
        return 1;
    }
    Console.WriteLine(exploration.IsExhausted ? "no state within the bounds is left" : $"ends after {exploration.States} states; every state within {exploration.Depth} steps was looked at");
    return 0;
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}
