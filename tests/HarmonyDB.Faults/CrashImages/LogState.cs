using HarmonyDB.Storage.Log;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What a log holds at one moment of its history, those entries included that were removed at its start.</summary>
/// <param name="HardState">Term, vote and commit index.</param>
/// <param name="BaseIndex">Index before the first of <paramref name="Entries"/>: 0, or where the log was begun anew.</param>
/// <param name="BaseTerm">Term of the entry there.</param>
/// <param name="Entries">The entries, from the one after <paramref name="BaseIndex"/>.</param>
internal sealed record LogState(LogHardState HardState, ulong BaseIndex, ulong BaseTerm, LogEntry[] Entries)
{
    public ulong LastIndex => BaseIndex + (ulong)Entries.Length;

    public ulong TermAt(ulong index) => index <= BaseIndex ? (index == BaseIndex ? BaseTerm : 0) : Entry(index).Term;

    public LogEntry Entry(ulong index) => Entries[(int)(index - BaseIndex - 1)];

    /// <summary>The log with what follows an index removed and an entry added there.</summary>
    public LogState With(LogEntry entry) => this with { Entries = [.. Entries[..(int)(entry.Index - BaseIndex - 1)], entry] };

    public LogState CutAfter(ulong index) => this with { Entries = Entries[..(int)(index - BaseIndex)] };
}
