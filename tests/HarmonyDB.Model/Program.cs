using HarmonyDB.Model;
using HarmonyDB.Testing;

const string Usage = """
    usage: HarmonyDB.Model [OPTION N] ...

      Takes three real members through every interleaving within bounds, breadth first, and checks the properties of Raft in each state.

      --scenario NAME,...     what to explore, one after the other (all of them)
      --states (10000000)     distinct states in each scenario, after which it ends

      These replace the bounds of the scenarios:
      --start NAME,...        blank, elected, diverged
      --terms                 terms beyond those of the start          --entries               commands proposed
      --faults                crashes, messages lost or doubled        --heartbeats            times that a leader's clock runs out
      --reads                 questions for a read index               --configuration-changes changes of the voters
      --compactions           logs discarded up to what is applied     --transfers             transfers of leadership
      --in-flight             messages in flight at once               --pre-vote, --check-quorum, --slow-disks   1 with, 0 without
    """;

try
{
    var arguments = new Arguments(
        ["explore", .. args],
        "--scenario", "--states", "--start", "--terms", "--entries", "--faults", "--heartbeats", "--reads", "--configuration-changes", "--compactions",
        "--transfers", "--in-flight", "--pre-vote", "--check-quorum", "--slow-disks");
    var names = arguments.Text("--scenario", string.Join(',', Scenario.All.Select(scenario => scenario.Name))).Split(',');
    var report = new ExplorationReport(Console.Out);
    foreach (var scenario in names.Select(Scenario.Named).ToList())
    {
        report.Begin(scenario);
        if (!report.End(scenario, new Explorer(WithOptions(scenario.Bounds, arguments), Console.Out).Run()))
        {
            break;
        }
    }
    report.Print();
    return report.IsClean ? 0 : 1;
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Usage);
    return 2;
}

static Bounds WithOptions(Bounds bounds, Arguments arguments)
{
    int Budget(string option, int otherwise) => arguments.Number(option, otherwise, 0, Bounds.BudgetMaximum);
    bool Flag(string option, bool otherwise) => arguments.Number(option, otherwise ? 1 : 0, 0, 1) == 1;
    return bounds with
    {
        States = arguments.Number("--states", bounds.States, 1, 1_000_000_000),
        Starts = arguments.Text("--start", string.Join(',', bounds.Starts)).Split(','),
        Terms = arguments.Number("--terms", bounds.Terms, 0, Ledger.TermMaximum),
        Entries = Budget("--entries", bounds.Entries),
        Faults = Budget("--faults", bounds.Faults),
        Heartbeats = Budget("--heartbeats", bounds.Heartbeats),
        Reads = arguments.Number("--reads", bounds.Reads, 0, Ledger.ReadsMaximum),
        ConfigurationChanges = Budget("--configuration-changes", bounds.ConfigurationChanges),
        Compactions = Budget("--compactions", bounds.Compactions),
        Transfers = Budget("--transfers", bounds.Transfers),
        InFlight = arguments.Number("--in-flight", bounds.InFlight, 1, ClusterState.InFlightMaximum),
        SlowDisks = Flag("--slow-disks", bounds.SlowDisks),
        PreVote = Flag("--pre-vote", bounds.PreVote),
        CheckQuorum = Flag("--check-quorum", bounds.CheckQuorum),
    };
}
