namespace HarmonyDB.Simulation;

/// <summary>An operation on a register: it looks, or writes, or does both at one instant between its begin and its end.</summary>
internal readonly record struct RegisterOperation
{
    /// <summary>A hint that says nothing.</summary>
    public const long NoHint = long.MaxValue;

    /// <summary>When it began.</summary>
    public required long Begin { get; init; }

    /// <summary>When its answer came; the end of time if none did, and then it may have happened, or not.</summary>
    public required long End { get; init; }

    /// <summary>Whether it writes.</summary>
    public required bool Writes { get; init; }

    /// <summary>What it writes; no two operations write the same, except 0: no value.</summary>
    public required long Value { get; init; }

    /// <summary>What it saw before it wrote; <see cref="ClientOperation.SawNothing"/> or <see cref="ClientOperation.SawSomething"/> if it cannot say.</summary>
    public required long Saw { get; init; }

    /// <summary>Its place in an order that is tried first. It decides how long the check takes, never what it finds.</summary>
    public long Hint { get; init; }

    /// <summary>Whether its outcome is known.</summary>
    public bool IsKnown => End != long.MaxValue;

    /// <summary>Whether it can happen when the register has this value.</summary>
    public bool CanHappenAt(long state) => Saw switch
    {
        ClientOperation.SawNothing => true,
        ClientOperation.SawSomething => state != 0,
        _ => Saw == state,
    };
}
