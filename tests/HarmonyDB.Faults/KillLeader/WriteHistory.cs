using System.Collections.Concurrent;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>What clients wrote, each key once, and what they were told about it. Safe for use from several threads.</summary>
internal sealed class WriteHistory
{
    private readonly ConcurrentDictionary<string, Write> _writes = [];

    /// <summary>Number of writes that were acknowledged.</summary>
    public int AcknowledgedCount => _writes.Values.Count(w => w.Outcome == WriteOutcome.Acknowledged);

    /// <summary>Number of writes that may or may not have happened.</summary>
    public int UnknownCount => _writes.Values.Count(w => w.Outcome == WriteOutcome.Unknown);

    /// <summary>Records a write before it is sent: unknown until the answer is there.</summary>
    public void Begin(string key, string value)
    {
        if (!_writes.TryAdd(key, new Write(value, WriteOutcome.Unknown, 0)))
        {
            throw new InvalidOperationException($"The key '{key}' was written before.");
        }
    }

    /// <summary>The write was acknowledged.</summary>
    public void Acknowledged(string key, long revision) => _writes[key] = _writes[key] with { Outcome = WriteOutcome.Acknowledged, Revision = revision };

    /// <summary>The write was refused, and the node is certain that it did not happen.</summary>
    public void Refused(string key) => _writes[key] = _writes[key] with { Outcome = WriteOutcome.Refused };

    /// <summary>Compares what a node has with what clients were told.</summary>
    public Verdict Judge(IReadOnlyDictionary<string, StoredKey> stored)
    {
        var lost = _writes.Where(w => w.Value.Outcome == WriteOutcome.Acknowledged && !IsThere(stored, w.Key, w.Value)).Select(w => w.Key);
        var wrong = stored.Where(s => !_writes.TryGetValue(s.Key, out var write) || write.Outcome == WriteOutcome.Refused
            || write.Value != s.Value.Value || s.Value.Version != 1).Select(s => s.Key);
        return new Verdict([.. lost], [.. wrong]);
    }

    private static bool IsThere(IReadOnlyDictionary<string, StoredKey> stored, string key, Write write) =>
        stored.TryGetValue(key, out var found) && found.Value == write.Value && found.ModRevision == write.Revision;

    private sealed record Write(string Value, WriteOutcome Outcome, long Revision);

    private enum WriteOutcome
    {
        Unknown,
        Acknowledged,
        Refused,
    }
}
