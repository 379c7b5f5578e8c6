namespace HarmonyDB.Simulation;

/// <summary>What the network of a seed is like throughout; what comes and goes is the fault schedule's.</summary>
internal sealed record NetworkSettings
{
    /// <summary>The most messages that a clogged link holds.</summary>
    public int HeldMessagesMaximum { get; init; } = 256;

    /// <summary>Shortest time a message takes, in ticks.</summary>
    public required long DelayTicksMinimum { get; init; }

    /// <summary>Longest time a message takes unless it is late, in ticks.</summary>
    public required long DelayTicksMaximum { get; init; }

    /// <summary>Messages of a thousand that are lost.</summary>
    public required int DropPermille { get; init; }

    /// <summary>Messages of a thousand that arrive twice.</summary>
    public required int DuplicatePermille { get; init; }

    /// <summary>Messages of a thousand that are late.</summary>
    public required int LatePermille { get; init; }

    /// <summary>How late at most, in ticks.</summary>
    public required long LateTicksMaximum { get; init; }

    /// <summary>Whether messages of one link overtake each other.</summary>
    public required bool Reorders { get; init; }
}
