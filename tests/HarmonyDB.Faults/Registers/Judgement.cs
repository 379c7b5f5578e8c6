using HarmonyDB.Faults.KillLeader;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.Registers;

/// <summary>The last part of a run that hurt a cluster under writers and register clients: what became of what they were told.</summary>
internal static class Judgement
{
    private const int AnsweredMinimum = 100;

    /// <summary>Reads all nodes, judges the histories, prints the figures and the verdict.</summary>
    /// <returns>The exit code: 1 when a promise was broken, or when the run proved nothing.</returns>
    public static async Task<int> RunAsync(
        ClusterProcesses cluster, WriteHistory history, RegisterHistory registers, Figures figures, CancellationToken cancellationToken)
    {
        var differences = await Comparison.RunAsync(cluster, cluster.Nodes, history, cancellationToken);
        var problems = registers.Judge();
        foreach (var problem in problems)
        {
            Console.WriteLine($"NOT LINEARIZABLE {problem}");
        }

        figures.Add("acknowledged-writes", history.AcknowledgedCount, "writes");
        figures.Add("lost-writes", differences.Lost, "writes");
        figures.Add("wrong-keys", differences.Wrong, "keys");
        figures.Add("unknown-outcomes", history.UnknownCount + registers.UnknownCount, "writes");
        figures.Add("distinct-checksums", differences.DistinctChecksums, "checksums");
        figures.Add("register-calls-answered", registers.AnsweredCount, "calls");
        figures.Add("registers-not-linearizable", problems.Count, "registers");
        figures.Print(Console.Out);
        if (history.AcknowledgedCount == 0 || registers.AnsweredCount < AnsweredMinimum || registers.WithStaleRead().Judge().Count == 0)
        {
            Console.WriteLine("FAILED: it proved nothing: too few calls, or the checker accepts a stale read");
            return 1;
        }

        var isGood = differences is { Lost: 0, Wrong: 0, DistinctChecksums: 1 } && problems.Count == 0;
        Console.WriteLine(isGood ? "ok: nothing acknowledged was lost, no read was stale, and all nodes have the same" : "FAILED");
        return isGood ? 0 : 1;
    }
}
