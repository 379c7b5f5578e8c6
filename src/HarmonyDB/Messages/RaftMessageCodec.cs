using Google.Protobuf;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Messages;

/// <summary>Raft's messages in their wire form. Payloads are wrapped on the way out and sliced on the way in, not copied.</summary>
internal static class RaftMessageCodec
{
    /// <summary>The wire form of a frame.</summary>
    public static PeerFrameMessage ToWire(PeerFrame frame)
    {
        RaftMessage message = frame.Message;
        var wire = new PeerFrameMessage { ClusterId = frame.ClusterId, From = message.From.Value, To = message.To.Value, Term = message.Term.Value };
        switch (message)
        {
            case AppendEntries append:
                wire.AppendEntries = ToWire(append);
                break;
            case AppendEntriesResponse response:
                wire.AppendEntriesResponse = new AppendEntriesResponseMessage
                {
                    Success = response.Success,
                    MatchIndex = response.MatchIndex.Value,
                    ConflictIndex = response.ConflictIndex.Value,
                    ConflictTerm = response.ConflictTerm.Value,
                };
                break;
            case Heartbeat heartbeat:
                wire.Heartbeat = new HeartbeatMessage { LeaderCommit = heartbeat.LeaderCommit.Value, Round = heartbeat.Round };
                break;
            case HeartbeatResponse response:
                wire.HeartbeatResponse = new HeartbeatResponseMessage { Round = response.Round };
                break;
            case RequestVote vote:
                wire.RequestVote = new RequestVoteMessage
                {
                    LastLogIndex = vote.LastLogIndex.Value,
                    LastLogTerm = vote.LastLogTerm.Value,
                    IsLeadershipTransfer = vote.IsLeadershipTransfer,
                };
                break;
            case RequestVoteResponse response:
                wire.RequestVoteResponse = new RequestVoteResponseMessage { VoteGranted = response.VoteGranted };
                break;
            case RequestPreVote vote:
                wire.RequestPreVote = new RequestPreVoteMessage
                {
                    CandidateTerm = vote.CandidateTerm.Value,
                    LastLogIndex = vote.LastLogIndex.Value,
                    LastLogTerm = vote.LastLogTerm.Value,
                };
                break;
            case RequestPreVoteResponse response:
                wire.RequestPreVoteResponse = new RequestPreVoteResponseMessage
                {
                    CandidateTerm = response.CandidateTerm.Value,
                    VoteGranted = response.VoteGranted,
                };
                break;
            case TimeoutNow:
                wire.TimeoutNow = new TimeoutNowMessage();
                break;
            case ReadIndexRequest request:
                wire.ReadIndexRequest = new ReadIndexRequestMessage { RequestId = request.RequestId };
                break;
            case ReadIndexResponse response:
                wire.ReadIndexResponse = new ReadIndexResponseMessage { RequestId = response.RequestId, Index = response.Index.Value, Rejected = response.Rejected };
                break;
            case MemberRemoved removed:
                wire.MemberRemoved = new MemberRemovedMessage { ConfigurationIndex = removed.ConfigurationIndex.Value };
                break;
            default:
                throw new ArgumentException($"{message.GetType().Name} has no wire form.", nameof(frame));
        }

        return wire;
    }

    /// <summary>The frame of a wire form.</summary>
    /// <exception cref="MalformedMessageException">It is no message this version knows.</exception>
    public static PeerFrame FromWire(PeerFrameMessage wire)
    {
        var from = new MemberId(wire.From);
        var to = new MemberId(wire.To);
        var term = new Term(wire.Term);
        RaftMessage message = wire.BodyCase switch
        {
            PeerFrameMessage.BodyOneofCase.AppendEntries => new AppendEntries(
                from, to, term, new LogIndex(wire.AppendEntries.PrevLogIndex), new Term(wire.AppendEntries.PrevLogTerm),
                FromWire(wire.AppendEntries), new LogIndex(wire.AppendEntries.LeaderCommit)),
            PeerFrameMessage.BodyOneofCase.AppendEntriesResponse => new AppendEntriesResponse(
                from, to, term, wire.AppendEntriesResponse.Success, new LogIndex(wire.AppendEntriesResponse.MatchIndex),
                new LogIndex(wire.AppendEntriesResponse.ConflictIndex), new Term(wire.AppendEntriesResponse.ConflictTerm)),
            PeerFrameMessage.BodyOneofCase.Heartbeat => new Heartbeat(from, to, term, new LogIndex(wire.Heartbeat.LeaderCommit), wire.Heartbeat.Round),
            PeerFrameMessage.BodyOneofCase.HeartbeatResponse => new HeartbeatResponse(from, to, term, wire.HeartbeatResponse.Round),
            PeerFrameMessage.BodyOneofCase.RequestVote => new RequestVote(
                from, to, term, new LogIndex(wire.RequestVote.LastLogIndex), new Term(wire.RequestVote.LastLogTerm))
            {
                IsLeadershipTransfer = wire.RequestVote.IsLeadershipTransfer,
            },
            PeerFrameMessage.BodyOneofCase.RequestVoteResponse => new RequestVoteResponse(from, to, term, wire.RequestVoteResponse.VoteGranted),
            PeerFrameMessage.BodyOneofCase.RequestPreVote => new RequestPreVote(
                from, to, term, new Term(wire.RequestPreVote.CandidateTerm), new LogIndex(wire.RequestPreVote.LastLogIndex),
                new Term(wire.RequestPreVote.LastLogTerm)),
            PeerFrameMessage.BodyOneofCase.RequestPreVoteResponse => new RequestPreVoteResponse(
                from, to, term, new Term(wire.RequestPreVoteResponse.CandidateTerm), wire.RequestPreVoteResponse.VoteGranted),
            PeerFrameMessage.BodyOneofCase.TimeoutNow => new TimeoutNow(from, to, term),
            PeerFrameMessage.BodyOneofCase.ReadIndexRequest => new ReadIndexRequest(from, to, term, wire.ReadIndexRequest.RequestId),
            PeerFrameMessage.BodyOneofCase.ReadIndexResponse => new ReadIndexResponse(
                from, to, term, wire.ReadIndexResponse.RequestId, new LogIndex(wire.ReadIndexResponse.Index), wire.ReadIndexResponse.Rejected),
            PeerFrameMessage.BodyOneofCase.MemberRemoved => new MemberRemoved(from, to, term, new LogIndex(wire.MemberRemoved.ConfigurationIndex)),
            _ => throw new MalformedMessageException("A Raft frame has no body this version knows; the peer may be of a newer version."),
        };
        return new PeerFrame(wire.ClusterId, message);
    }

    private static AppendEntriesMessage ToWire(AppendEntries append)
    {
        var wire = new AppendEntriesMessage
        {
            PrevLogIndex = append.PrevLogIndex.Value,
            PrevLogTerm = append.PrevLogTerm.Value,
            LeaderCommit = append.LeaderCommit.Value,
        };
        foreach (Entry entry in append.Entries)
        {
            wire.Entries.Add(new EntryMessage
            {
                Index = entry.Index.Value,
                Term = entry.Term.Value,
                Kind = (uint)entry.Kind,
                Payload = UnsafeByteOperations.UnsafeWrap(entry.Payload),
            });
        }

        return wire;
    }

    private static Entry[] FromWire(AppendEntriesMessage wire)
    {
        var entries = new Entry[wire.Entries.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            EntryMessage entry = wire.Entries[i];
            var kind = (EntryKind)entry.Kind;
            if (entry.Kind > byte.MaxValue || !Enum.IsDefined(kind))
            {
                throw new MalformedMessageException($"Entry {entry.Index} is of kind {entry.Kind}, which this version does not know.");
            }

            entries[i] = new Entry(new LogIndex(entry.Index), new Term(entry.Term), kind, entry.Payload.Memory);
        }

        return entries;
    }
}
