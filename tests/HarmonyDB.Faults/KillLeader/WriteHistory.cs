using System.Collections.Concurrent;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>What clients wrote, each key once, and what they were told about it. Safe for use from several threads.</summary>
internal sealed class WriteHistory
{
    /// <summary>What the keys begin with that others write, again and again: nothing is said about them here.</summary>
    public const string UnrecordedPrefix = "unrecorded/";

    private readonly ConcurrentDictionary<string, Write> _writes = [];
    private int _begun;
    private int _acknowledged;
    private int _refused;

    /// <summary>Number of writes that were acknowledged.</summary>
    public int AcknowledgedCount => Volatile.Read(ref _acknowledged);

    /// <summary>Number of writes that may or may not have happened, those under way among them.</summary>
    public int UnknownCount => Volatile.Read(ref _begun) - Volatile.Read(ref _refused) - Volatile.Read(ref _acknowledged);

    /// <summary>Records a write before it is sent: unknown until the answer is there.</summary>
    public void Begin(string key, string value)
    {
        if (!_writes.TryAdd(key, new Write(value, WriteOutcome.Unknown, 0)))
        {
            throw new InvalidOperationException($"The key '{key}' was written before.");
        }

        Interlocked.Increment(ref _begun);
    }

    /// <summary>The write was acknowledged.</summary>
    public void Acknowledged(string key, long revision)
    {
        _writes[key] = _writes[key] with { Outcome = WriteOutcome.Acknowledged, Revision = revision };
        Interlocked.Increment(ref _acknowledged);
    }

    /// <summary>The write was refused, and the node is certain that it did not happen.</summary>
    public void Refused(string key)
    {
        _writes[key] = _writes[key] with { Outcome = WriteOutcome.Refused };
        Interlocked.Increment(ref _refused);
    }

    /// <summary>The keys whose write was acknowledged by now.</summary>
    public IReadOnlySet<string> AcknowledgedKeys() =>
        _writes.Where(w => w.Value.Outcome == WriteOutcome.Acknowledged).Select(w => w.Key).ToHashSet();

    /// <summary>
    /// The power went after these were acknowledged: any other acknowledgement came after it, from nodes that no longer are, and promises nothing of those
    /// that started from the disk as it was. Nothing may be written meanwhile.
    /// </summary>
    public void PowerWent(IReadOnlySet<string> acknowledgedBefore)
    {
        foreach (var (key, write) in _writes)
        {
            if (write.Outcome == WriteOutcome.Acknowledged && !acknowledgedBefore.Contains(key))
            {
                _writes[key] = write with { Outcome = WriteOutcome.Unknown, Revision = 0 };
                Interlocked.Decrement(ref _acknowledged);
            }
        }
    }

    /// <summary>Compares what a node has with what clients were told.</summary>
    public Verdict Judge(IReadOnlyDictionary<string, StoredKey> stored)
    {
        var lost = _writes.Where(w => w.Value.Outcome == WriteOutcome.Acknowledged && !IsThere(stored, w.Key, w.Value)).Select(w => w.Key);
        var wrong = stored.Where(s => !IsUnrecorded(s.Key)).Where(s => !_writes.TryGetValue(s.Key, out var write) || write.Outcome == WriteOutcome.Refused
            || write.Value != s.Value.Value || s.Value.Version != 1).Select(s => s.Key);
        return new Verdict([.. lost], [.. wrong]);
    }

    private static bool IsUnrecorded(string key) => key.StartsWith(UnrecordedPrefix, StringComparison.Ordinal);

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
