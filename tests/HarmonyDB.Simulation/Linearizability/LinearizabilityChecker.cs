namespace HarmonyDB.Simulation;

/// <summary>What the checker found.</summary>
internal enum LinearizabilityResult
{
    /// <summary>There is an order that explains the history.</summary>
    Linearizable,

    /// <summary>There is none.</summary>
    NotLinearizable,

    /// <summary>None was found in the steps allowed.</summary>
    Undecided,
}

/// <summary>
/// Whether the history of one register is linearizable (Herlihy and Wing): whether its operations could have happened one at a time, each
/// between its begin and its end. One whose outcome is unknown may happen at any later time, or never.
/// </summary>
/// <remarks>
/// The search is that of Wing and Gong, with Lowe's memory of the configurations that led nowhere. Before it, one order is tried: that of the
/// hints. If that is an explanation nothing needs to be searched; if not, it says nothing.
/// </remarks>
internal static class LinearizabilityChecker
{
    /// <summary>Checks a history.</summary>
    /// <param name="operations">All operations on the register, in any order.</param>
    public static LinearizabilityResult Check(IReadOnlyList<RegisterOperation> operations)
    {
        RegisterOperation[] relevant = WithoutUnseenWrites(operations);
        return IsExplainedByHints(relevant) ? LinearizabilityResult.Linearizable : new LinearizabilitySearch(relevant).Run();
    }

    /// <summary>The same without trying the order of the hints; for the checker's own tests.</summary>
    internal static LinearizabilityResult Search(IReadOnlyList<RegisterOperation> operations) =>
        new LinearizabilitySearch(WithoutUnseenWrites(operations)).Run();

    // A write of unknown outcome whose value nobody saw can be left out of any explanation that has it: whatever comes right after it did not
    // look, or it would have seen the value.
    private static RegisterOperation[] WithoutUnseenWrites(IReadOnlyList<RegisterOperation> operations)
    {
        var seen = new HashSet<long>();
        foreach (RegisterOperation operation in operations)
        {
            seen.Add(operation.Saw);
        }

        bool anySawSomething = seen.Contains(ClientOperation.SawSomething);
        return [.. operations.Where(o => o.IsKnown || (o.Writes && (o.Value == 0 || anySawSomething || seen.Contains(o.Value))))];
    }

    private static bool IsExplainedByHints(RegisterOperation[] operations)
    {
        if (operations.Any(o => o.IsKnown && o.Hint == RegisterOperation.NoHint))
        {
            return false;
        }

        long state = 0;
        long latestBegin = long.MinValue;
        foreach (RegisterOperation operation in operations.Where(o => o.Hint != RegisterOperation.NoHint).OrderBy(o => o.Hint).ThenBy(o => o.Begin))
        {
            if (operation.End < latestBegin || !operation.CanHappenAt(state))
            {
                return false;
            }

            latestBegin = Math.Max(latestBegin, operation.Begin);
            state = operation.Writes ? operation.Value : state;
        }

        return true;
    }
}
