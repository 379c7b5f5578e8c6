using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>
/// Answers questions asked in a term that is over (Raft paper, section 5.1). The current term is all that the sender needs: it takes it over
/// and, if it leads, steps down, so that a member whose term has run ahead is not shut out for ever (R29). Answers from the past need none.
/// </summary>
internal static class OutdatedTerm
{
    /// <summary>Tells the sender the current term, if it asked something.</summary>
    public static void Answer(RaftMessage message, RaftNode node)
    {
        switch (message)
        {
            case RequestVote:
                node.Outbox.SendAfterFlush(new RequestVoteResponse(node.Id, message.From, node.Term, false));
                break;
            case AppendEntries append:
                node.Outbox.SendAfterFlush(
                    new AppendEntriesResponse(node.Id, message.From, node.Term, false, append.PrevLogIndex, LogIndex.Zero, Term.Zero));
                break;
            case InstallSnapshot install:
                node.Outbox.SendAfterFlush(
                    new AppendEntriesResponse(node.Id, message.From, node.Term, false, install.Snapshot.Index, LogIndex.Zero, Term.Zero));
                break;
            case Heartbeat:
                node.Outbox.Send(new HeartbeatResponse(node.Id, message.From, node.Term, 0));
                break;
            case ReadIndexRequest read:
                node.Outbox.Send(new ReadIndexResponse(node.Id, message.From, node.Term, read.RequestId, LogIndex.Zero, true));
                break;
        }
    }
}
