using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Model;

/// <summary>What a Ready wants on the disk, and the messages that wait for it. Complete or not there at all after a crash.</summary>
internal sealed record PendingWrite(
    ulong Number, IReadOnlyList<Entry>? Snapshot, HardState? HardState, IReadOnlyList<Entry> Entries, bool MustFlush,
    IReadOnlyList<RaftMessage> MessagesAfterFlush)
{
    /// <summary>Whether there is nothing to write and nobody waits.</summary>
    public bool IsEmpty => Snapshot is null && HardState is null && Entries.Count == 0 && MessagesAfterFlush.Count == 0;
}
