using HarmonyDB.Model;
using HarmonyDB.Testing;

const string Usage = """
    usage: HarmonyDB.Model [OPTION N] ...

      Takes three real members through every interleaving within bounds, breadth first, and checks the properties of Raft in each state.

      --states (10000000)   distinct states after which it ends        --in-flight (6)    messages in flight at once
      --terms (2)           terms beyond those of the start            --entries (3)         commands proposed
      --faults (1)          crashes, messages lost or doubled          --heartbeats (1)   times that a leader's clock runs out
      --reads (1)           questions for a read index                 --transfers (0)    transfers of leadership
      --pre-vote (1)        0: without                                 --check-quorum (1) 0: without
      --start NAME,...      blank, elected, diverged (all of them)     --configuration-changes (1)
    """;

try
{
    var defaults = new Bounds();
    var arguments = new Arguments(
        ["explore", .. args],
        "--states", "--terms", "--entries", "--configuration-changes", "--faults", "--transfers", "--pre-vote", "--check-quorum", "--heartbeats", "--reads", "--in-flight", "--start");
    int Budget(string option, int otherwise) => arguments.Number(option, otherwise, 0, Bounds.BudgetMaximum);
    var bounds = new Bounds
    {
        States = arguments.Number("--states", defaults.States, 1, 1_000_000_000),
        Terms = arguments.Number("--terms", defaults.Terms, 1, Ledger.TermMaximum),
        Entries = Budget("--entries", defaults.Entries),
        ConfigurationChanges = Budget("--configuration-changes", defaults.ConfigurationChanges),
        Faults = Budget("--faults", defaults.Faults),
        Transfers = Budget("--transfers", defaults.Transfers),
        PreVote = arguments.Number("--pre-vote", 1, 0, 1) == 1,
        CheckQuorum = arguments.Number("--check-quorum", 1, 0, 1) == 1,
        Heartbeats = Budget("--heartbeats", defaults.Heartbeats),
        Reads = arguments.Number("--reads", defaults.Reads, 0, Ledger.ReadsMaximum),
        InFlight = arguments.Number("--in-flight", defaults.InFlight, 1, ClusterState.InFlightMaximum),
        Starts = arguments.Text("--start", string.Join(',', defaults.Starts)).Split(','),
    };
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
    figures.Add("model-faults", exploration.StatesAfterFault, "states");
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
