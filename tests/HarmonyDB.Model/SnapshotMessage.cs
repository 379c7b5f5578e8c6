using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Model;

/// <summary>A snapshot on its way between two hosts, and the message that the receiving host then gives to its core.</summary>
internal sealed record SnapshotMessage(MemberId From, MemberId To, Term Term, SnapshotMetadata Snapshot, IReadOnlyList<Entry> Content)
    : RaftMessage(From, To, Term)
{
    /// <summary>What the core is told.</summary>
    public InstallSnapshot ForCore => new(From, To, Term, Snapshot);
}
