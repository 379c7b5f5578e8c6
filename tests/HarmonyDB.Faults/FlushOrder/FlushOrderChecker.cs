using System.Globalization;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>
/// Proves from traces that no write was acknowledged before it was durable: for each acknowledged put, the log entry with its token must have been written and
/// flushed on a majority of the nodes, and on the leader if it is the leader that answers, before the first byte of the answer was sent.
/// </summary>
internal static class FlushOrderChecker
{
    private const int ReportedViolations = 10;

    /// <summary>Checks every acknowledged put.</summary>
    /// <param name="nodes">The traces of all nodes.</param>
    /// <param name="acknowledged">The puts that clients saw acknowledged.</param>
    /// <param name="leader">The leader during all of the run; null when it changed.</param>
    public static FlushOrderReport Check(IReadOnlyList<NodeTrace> nodes, IReadOnlyList<AcknowledgedPut> acknowledged, string? leader)
    {
        var majority = (nodes.Count / 2) + 1;
        var violations = new List<string>();
        var violationCount = 0;
        foreach (var put in acknowledged)
        {
            if (Violation(nodes, put, majority, leader) is { } violation)
            {
                violationCount++;
                if (violations.Count < ReportedViolations)
                {
                    violations.Add(violation);
                }
            }
        }

        return new FlushOrderReport(acknowledged.Count, violationCount, violations);
    }

    private static string? Violation(IReadOnlyList<NodeTrace> nodes, AcknowledgedPut put, int majority, string? leader)
    {
        NodeTrace? answering = null;
        long answered = 0;
        foreach (var node in nodes)
        {
            if (node.TryGetAnswered(put.Revision, out var sent) && (answering is null || sent < answered))
            {
                (answering, answered) = (node, sent);
            }
        }

        if (answering is null)
        {
            return $"{put.Token}: no node was seen to send the answer with revision {put.Revision.ToString(CultureInfo.InvariantCulture)}";
        }

        var durable = nodes.Count(n => n.TryGetDurable(put.Token, out var flushed) && flushed <= answered);
        if (durable < majority)
        {
            return $"{put.Token}: answered by {answering.Name} when {durable} of {nodes.Count} nodes had flushed it";
        }

        // A majority without the leader commits an entry too, but the leader applies, and so answers, only what is durable in its own log.
        return answering.Name != leader || (answering.TryGetDurable(put.Token, out var own) && own <= answered)
            ? null
            : $"{put.Token}: {answering.Name} answered before its own flush";
    }
}
