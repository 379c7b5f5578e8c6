namespace HarmonyDB.Faults.BitFlips;

/// <summary>What came of a file with changed bytes. A wrong answer is none of these, but a failure.</summary>
internal enum FlipOutcome
{
    /// <summary>Refused with an exception or a report that says what is damaged.</summary>
    Refused,

    /// <summary>Taken for what a power cut leaves behind the last flushed record: cut and counted, never served.</summary>
    Cut,

    /// <summary>The last commit was taken for one that a power cut interrupted: taken back whole.</summary>
    TakenBack,

    /// <summary>Everything is there, because nothing that is needed was hit.</summary>
    Unharmed,
}
