namespace HarmonyDB.Simulation;

/// <summary>How often each kind of fault struck.</summary>
internal sealed class FaultCounters
{
    private readonly long[] _counts = new long[Enum.GetValues<FaultKind>().Length];

    /// <summary>The count of a kind.</summary>
    public long this[FaultKind kind] => _counts[(int)kind];

    /// <summary>Counts one.</summary>
    public void Count(FaultKind kind) => _counts[(int)kind]++;

    /// <summary>Adds those of another seed.</summary>
    public void Add(FaultCounters other)
    {
        for (int i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }
}
