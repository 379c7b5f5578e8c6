using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>What a client asks for. <see cref="Swap"/> and <see cref="Take"/> also say what was there before: they compare history with state.</summary>
internal enum OperationKind
{
    /// <summary>A linearizable read of a key.</summary>
    Get,

    /// <summary>Sets a key.</summary>
    Put,

    /// <summary>Deletes a key, and learns whether it was there.</summary>
    Delete,

    /// <summary>Sets a key, and learns what was there.</summary>
    Swap,

    /// <summary>Deletes a key, and learns what was there.</summary>
    Take,
}

/// <summary>What a client knows of an operation.</summary>
internal enum OperationOutcome
{
    /// <summary>No answer yet.</summary>
    Pending,

    /// <summary>It happened, between its begin and its end.</summary>
    Done,

    /// <summary>It may have happened, or may yet happen, once, or never.</summary>
    Unknown,

    /// <summary>It did not happen and never will.</summary>
    NotTaken,
}

/// <summary>One operation of one client, from its begin to what became of it.</summary>
internal sealed class ClientOperation
{
    /// <summary>What an operation saw that was told nothing.</summary>
    public const long SawNothing = -1;

    /// <summary>What an operation saw that was told only that the key was there.</summary>
    public const long SawSomething = -2;

    /// <summary>Counts from 1; a value that it writes begins with it, so that no two operations write the same.</summary>
    public required int Id { get; init; }

    /// <summary>What it does.</summary>
    public required OperationKind Kind { get; init; }

    /// <summary>Number of the key.</summary>
    public required int Key { get; init; }

    /// <summary>When the client asked.</summary>
    public required long Begin { get; init; }

    /// <summary>When the client gives up.</summary>
    public long Deadline { get; set; }

    /// <summary>When the client had its answer; the end of time for an unknown outcome.</summary>
    public long End { get; set; } = long.MaxValue;

    /// <summary>What became of it.</summary>
    public OperationOutcome Outcome { get; set; }

    /// <summary>Whether a leader has it: from then on it cannot be taken back.</summary>
    public bool HandedOver { get; set; }

    /// <summary>Where a leader put it in its log; zero if none did.</summary>
    public LogIndex Index { get; set; }

    /// <summary>The term of that leader.</summary>
    public Term Term { get; set; }

    /// <summary>Its place among the commands of that entry.</summary>
    public int Position { get; set; }

    /// <summary>The revision in the answer.</summary>
    public long Revision { get; set; }

    /// <summary>What the answer said was there: the id of the operation that wrote it, 0 for no key.</summary>
    public long Saw { get; set; } = SawNothing;

    /// <summary>Whether it changes the key.</summary>
    public bool Writes => Kind != OperationKind.Get;

    /// <summary>Whether it leaves the key without a value.</summary>
    public bool Deletes => Kind is OperationKind.Delete or OperationKind.Take;

    /// <summary>Whether it asks for what was there.</summary>
    public bool AsksForPrevious => Kind is OperationKind.Swap or OperationKind.Take;

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Id} of key {Key}: {Outcome}, revision {Revision}, saw {Saw}, at {Index} of term {Term}";
}
