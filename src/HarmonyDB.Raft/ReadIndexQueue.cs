namespace HarmonyDB.Raft;

/// <summary>
/// Reads that wait for a read index. They gather until a round starts and then share its answer; rounds are numbered, never repeated (R18), and
/// the answer to a round answers all before it as well, so a lost message delays nobody beyond the next round (R21).
/// </summary>
internal sealed class ReadIndexQueue(int maximumRequests)
{
    private readonly Queue<Batch> _rounds = new();
    private List<ReadRequest> _waiting = [];
    private int _asked;

    /// <summary>How many reads wait, in rounds or before them.</summary>
    public int Count => _waiting.Count + _asked;

    /// <summary>Whether reads wait for a round to start.</summary>
    public bool HasWaiting => _waiting.Count > 0;

    /// <summary>Whether a round with reads is under way.</summary>
    public bool HasRound => _rounds.Count > 0;

    /// <summary>Adds a read, unless too many wait already.</summary>
    public bool TryAdd(ReadRequest request)
    {
        if (!request.From.IsNone)
        {
            // A follower numbers its questions upwards, and the answer to a later one answers those before it: only the last needs a place.
            for (var i = 0; i < _waiting.Count; i++)
            {
                if (_waiting[i].From == request.From)
                {
                    _waiting[i] = request with { RequestId = Math.Max(request.RequestId, _waiting[i].RequestId) };
                    return true;
                }
            }
        }
        if (Count >= maximumRequests)
        {
            return false;
        }
        _waiting.Add(request);
        return true;
    }

    /// <summary>A round starts; the reads waiting so far share it.</summary>
    /// <param name="round">Its number, above all before it.</param>
    /// <param name="index">The read index that holds if the round succeeds, when known by now.</param>
    public void StartRound(ulong round, LogIndex index)
    {
        if (_waiting.Count > 0)
        {
            _asked += _waiting.Count;
            _rounds.Enqueue(new Batch(round, index, _waiting));
            _waiting = [];
        }
    }

    /// <summary>Takes the reads of one of the rounds up to this one; false when none is left.</summary>
    public bool TryComplete(ulong round, out LogIndex index, out IReadOnlyList<ReadRequest> requests)
    {
        if (!_rounds.TryPeek(out var batch) || batch.Round > round)
        {
            index = LogIndex.Zero;
            requests = [];
            return false;
        }
        _rounds.Dequeue();
        _asked -= batch.Requests.Count;
        index = batch.Index;
        requests = batch.Requests;
        return true;
    }

    /// <summary>Gives up: all reads that were asked here fail. Members that forwarded theirs learn of the new leader themselves.</summary>
    public void FailAll(Outbox outbox)
    {
        while (TryComplete(ulong.MaxValue, out _, out var requests))
        {
            Fail(requests, outbox);
        }
        Fail(_waiting, outbox);
        _waiting = [];
    }

    /// <summary>The reads among these that were asked here fail.</summary>
    public static void Fail(IReadOnlyList<ReadRequest> requests, Outbox outbox)
    {
        foreach (var request in requests)
        {
            if (request.From.IsNone)
            {
                outbox.Fail(request.RequestId);
            }
        }
    }

    private sealed record Batch(ulong Round, LogIndex Index, IReadOnlyList<ReadRequest> Requests);
}
