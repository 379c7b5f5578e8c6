using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>The batches and reads of clients that the core has taken: each is answered once. Pure.</summary>
internal sealed class ClientRequests
{
    private readonly Action<ReplicaEffect> _emit;
    private readonly SortedDictionary<LogIndex, (Term Term, ulong BatchId)> _batches = [];
    private readonly List<ReadState> _reads = [];

    /// <summary>Creates it without requests.</summary>
    /// <param name="emit">Takes effects.</param>
    public ClientRequests(Action<ReplicaEffect> emit)
    {
        _emit = emit;
    }

    /// <summary>A batch of commands for the log.</summary>
    public void Propose(ulong batchId, ReadOnlyMemory<byte> payload, RaftNode? node)
    {
        ProposeResult? result = node?.Propose(payload);
        switch (result?.Status)
        {
            case ProposeStatus.Accepted:
                _batches.Add(result.Value.Index, (result.Value.Term, batchId));
                break;
            case ProposeStatus.TooManyUncommitted or ProposeStatus.TooLarge:
                _emit(new AnswerBatchEffect(batchId, BatchOutcome.Overloaded, []));
                break;
            default:
                _emit(new AnswerBatchEffect(batchId, BatchOutcome.NotTaken, []));
                break;
        }
    }

    /// <summary>A read was put to the core; one that it did not take is refused at once.</summary>
    public void Accept(ulong requestId, ReadIndexStatus? status)
    {
        if (status != ReadIndexStatus.Accepted)
        {
            _emit(new AnswerReadEffect(requestId, false));
        }
    }

    /// <summary>The core says from when on reads are linearizable, or that it cannot.</summary>
    public void Take(Ready ready)
    {
        _reads.AddRange(ready.ReadStates);
        foreach (ulong requestId in ready.ReadFailures)
        {
            _emit(new AnswerReadEffect(requestId, false));
        }
    }

    /// <summary>Entries are applied: their batches are done.</summary>
    public void Applied(IReadOnlyList<AppliedEntry> entries)
    {
        foreach (AppliedEntry entry in entries)
        {
            if (_batches.Remove(entry.Index, out (Term Term, ulong BatchId) batch))
            {
                _emit(batch.Term == entry.Term
                    ? new AnswerBatchEffect(batch.BatchId, BatchOutcome.Applied, entry.Results)
                    : new AnswerBatchEffect(batch.BatchId, BatchOutcome.Unknown, []));
            }
        }
    }

    /// <summary>Lets the reads go on whose index is applied.</summary>
    public void AnswerReads(LogIndex applied)
    {
        for (int i = _reads.Count - 1; i >= 0; i--)
        {
            if (_reads[i].Index <= applied)
            {
                _emit(new AnswerReadEffect(_reads[i].RequestId, true));
                _reads.RemoveAt(i);
            }
        }
    }

    /// <summary>No leader is known any more: nobody can tell when, or whether, what these reads wait for comes here.</summary>
    /// <param name="commit">What is known to be committed comes without a leader.</param>
    public void LeaderLost(LogIndex commit)
    {
        for (int i = _reads.Count - 1; i >= 0; i--)
        {
            if (_reads[i].Index > commit)
            {
                _emit(new AnswerReadEffect(_reads[i].RequestId, false));
                _reads.RemoveAt(i);
            }
        }
    }

    /// <summary>This node does not lead any more: its batches may still be committed by the next leader, or not. Nobody here can tell in time (R39).</summary>
    public void LeadershipLost()
    {
        foreach ((Term _, ulong batchId) in _batches.Values)
        {
            _emit(new AnswerBatchEffect(batchId, BatchOutcome.Unknown, []));
        }

        _batches.Clear();
    }
}
