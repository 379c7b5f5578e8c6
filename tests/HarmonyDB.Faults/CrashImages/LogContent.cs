using HarmonyDB.Storage.Log;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What was found in a log when it was opened.</summary>
internal sealed record LogContent(LogHardState HardState, ulong FirstIndex, ulong TermBefore, LogEntry[] Entries, long CutBytes)
{
    public ulong LastIndex => FirstIndex + (ulong)Entries.Length - 1;

    public static LogContent Read(SegmentedLog log)
    {
        var entries = new List<LogEntry>();
        log.Read(log.FirstIndex, log.LastIndex + 1, long.MaxValue, entries);
        if (entries.Count != (int)(log.LastIndex + 1 - log.FirstIndex))
        {
            throw new CrashCheckException($"the log has {entries.Count} entries from {log.FirstIndex} to {log.LastIndex}");
        }

        return new LogContent(log.HardState, log.FirstIndex, log.TermAt(log.FirstIndex - 1), [.. entries], log.Recovery.CutBytes);
    }

    /// <summary>Whether this is what a log holds, as far as its first entries were not removed.</summary>
    public bool Matches(LogState state, ulong firstIndexMaximum)
    {
        return HardState == state.HardState
            && LastIndex == state.LastIndex
            && FirstIndex > state.BaseIndex
            && FirstIndex <= Math.Max(firstIndexMaximum, state.BaseIndex + 1)
            && TermBefore == state.TermAt(FirstIndex - 1)
            && Entries.All(entry => Same(entry, state.Entry(entry.Index)));
    }

    public bool IsSameAs(LogContent other)
    {
        return HardState == other.HardState && FirstIndex == other.FirstIndex && TermBefore == other.TermBefore && Entries.Length == other.Entries.Length
            && Entries.Zip(other.Entries, Same).All(same => same);
    }

    public override string ToString() => $"{HardState}, entries {FirstIndex} to {LastIndex}, terms {string.Join(' ', Entries.Select(entry => entry.Term))}";

    private static bool Same(LogEntry left, LogEntry right) =>
        left.Index == right.Index && left.Term == right.Term && left.Kind == right.Kind && left.Payload.Span.SequenceEqual(right.Payload.Span);
}
