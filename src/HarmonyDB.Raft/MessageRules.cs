using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>What any message from an honest member satisfies, whatever the state of its receiver. Peers are checked, not trusted.</summary>
internal static class MessageRules
{
    // Far beyond anything reached honestly, and far enough below the end of the number range that counting on cannot overflow.
    private const ulong HighestNumber = long.MaxValue;

    /// <summary>Whether the message can come from an honest member.</summary>
    public static bool IsWellFormed(RaftMessage message)
    {
        // Only pre-votes are exchanged before anybody has stood for election.
        var isTermPossible = message.Term > Term.Zero || message is RequestPreVote or RequestPreVoteResponse;
        if (message.From.IsNone || message.From == message.To || !isTermPossible || message.Term.Value > HighestNumber)
        {
            return false;
        }
        return message switch
        {
            AppendEntries append => IsWellFormed(append),
            RequestVote vote => IsPosition(vote.LastLogIndex, vote.LastLogTerm, vote.Term),
            RequestPreVote vote => vote.CandidateTerm == vote.Term.Next && IsPosition(vote.LastLogIndex, vote.LastLogTerm, vote.Term),
            InstallSnapshot install => IsWellFormed(install),
            MemberRemoved removed => removed.ConfigurationIndex.Value <= HighestNumber,
            AppendEntriesResponse response => response.MatchIndex.Value <= HighestNumber && response.ConflictIndex.Value <= HighestNumber,
            _ => true,
        };
    }

    private static bool IsWellFormed(AppendEntries message)
    {
        if (message.Entries is null || !IsPosition(message.PrevLogIndex, message.PrevLogTerm, message.Term))
        {
            return false;
        }
        var index = message.PrevLogIndex;
        var term = message.PrevLogTerm;
        foreach (var entry in message.Entries)
        {
            if (entry is null || entry.Index != index.Next || entry.Term < term || entry.Term == Term.Zero || entry.Kind > EntryKind.Configuration)
            {
                return false;
            }
            index = entry.Index;
            term = entry.Term;
        }
        return term <= message.Term;
    }

    // A state without entries or without members is none.
    private static bool IsWellFormed(InstallSnapshot message) =>
        message.Snapshot is { } snapshot && snapshot.Index > LogIndex.Zero && IsPosition(snapshot.Index, snapshot.Term, message.Term) &&
        snapshot.ConfigurationIndex <= snapshot.Index && snapshot.Configuration is { IsEmpty: false } configuration &&
        !(configuration.IsJoint && configuration.Payload.IsEmpty);

    // The position before the first entry has term zero, and no other does; no log holds a term beyond its owner's.
    private static bool IsPosition(LogIndex index, Term term, Term highest) =>
        index.Value <= HighestNumber && term <= highest && (index == LogIndex.Zero) == (term == Term.Zero);
}
