using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Model;

/// <summary>What others notice of something that happened to a member.</summary>
internal sealed class MemberEffects
{
    /// <summary>The messages that left.</summary>
    public List<RaftMessage> Messages { get; } = [];

    /// <summary>The reads that may proceed.</summary>
    public List<ReadState> ReadStates { get; } = [];

    /// <summary>The reads that got no answer.</summary>
    public List<ulong> ReadFailures { get; } = [];
}
