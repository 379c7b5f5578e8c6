namespace HarmonyDB.Simulation;

/// <summary>What the clients of a seed do.</summary>
internal sealed record LoadSettings
{
    /// <summary>Operations begun per simulated second.</summary>
    public const int OperationsPerSecond = 230;

    private LoadSettings()
    {
    }

    /// <summary>How many keys there are.</summary>
    public required int Keys { get; init; }

    /// <summary>Operations of a thousand that go to the first key.</summary>
    public required int HotKeyPermille { get; init; }

    /// <summary>Most operations that begin together: clients of one application, woken by one event.</summary>
    public required int BurstMaximum { get; init; }

    /// <summary>Reads of a thousand operations.</summary>
    public required int ReadPermille { get; init; }

    /// <summary>Deletes of a thousand writes.</summary>
    public required int DeletePermille { get; init; }

    /// <summary>Writes of a thousand that ask for what was there.</summary>
    public required int PreviousPermille { get; init; }

    /// <summary>Most bytes of a value beyond the id in it.</summary>
    public required int ValueBytesMaximum { get; init; }

    /// <summary>How long a client waits for an answer, in ticks.</summary>
    public required long PatienceTicks { get; init; }

    /// <summary>Most commands in one entry.</summary>
    public required int BatchCommandsMaximum { get; init; }

    /// <summary>Draws the load of a seed.</summary>
    /// <param name="random">The source.</param>
    /// <param name="fillsLog">Whether so much is written that segments of the log fill up.</param>
    public static LoadSettings Draw(SimulatedRandom random, bool fillsLog) => new()
    {
        Keys = random.Pick([2, 5, 5, 12, 40]),
        HotKeyPermille = random.Pick([0, 0, 200]),
        BurstMaximum = (int)random.Between(4, 24),
        ReadPermille = (int)random.Between(300, fillsLog ? 500 : 700),
        DeletePermille = (int)random.Between(50, 400),
        PreviousPermille = (int)random.Between(0, 600),
        ValueBytesMaximum = fillsLog ? random.Pick([600, 2000]) : random.Pick([0, 40, 40, 300, 2000]),
        PatienceTicks = random.Ticks(300, 3000),
        BatchCommandsMaximum = random.Pick([1, 4, 64]),
    };
}
