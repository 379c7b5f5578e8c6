using Akka.Actor;
using HarmonyDB.Client;

namespace HarmonyDB.Actors;

/// <summary>
/// Linearizable reads that wait for a read index. One question stands for all reads that came before it was asked; the next is asked, with
/// a fresh id (R18), when it is answered, refused, or late: a lost message must not hold up the reads behind it (R21). A late answer still
/// counts: where every answer takes longer than the patience for one, no read would ever proceed otherwise.
/// </summary>
internal sealed class PendingReads
{
    private const int QuestionsMaximum = 1024;

    private readonly int _requestsMaximum;
    private readonly TimeSpan _retryAfter;
    private readonly Queue<(ulong Sequence, IActorRef Requester, TimeSpan Deadline)> _waiting = new();
    private readonly Queue<(ulong RequestId, ulong Through)> _asked = new();
    private ulong _lastSequence;
    private ulong _lastRequestId;
    private TimeSpan _askedAt;
    private bool _refused;

    /// <summary>Creates an empty set.</summary>
    public PendingReads(int requestsMaximum, TimeSpan retryAfter)
    {
        _requestsMaximum = requestsMaximum;
        _retryAfter = retryAfter;
    }

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty => _waiting.Count == 0;

    /// <summary>Takes a read in, or answers that there are too many.</summary>
    public void Add(IActorRef requester, TimeSpan deadline)
    {
        if (_waiting.Count >= _requestsMaximum)
        {
            requester.Tell(new ReadAnswer(new TooManyRequestsException($"{_requestsMaximum} reads are waiting on this node already (harmony.limits.max-pending-requests).")));
        }
        else
        {
            _waiting.Enqueue((++_lastSequence, requester, deadline));
        }
    }

    /// <summary>The id of the question to ask now, if one is due.</summary>
    public bool TryAsk(TimeSpan now, out ulong requestId)
    {
        requestId = 0;
        bool late = now - _askedAt >= _retryAfter;
        if (_waiting.Count == 0 || ((_asked.Count > 0 || _refused) && !late))
        {
            return false;
        }

        if (_asked.Count == QuestionsMaximum)
        {
            _asked.Dequeue();
        }

        _refused = false;
        _askedAt = now;
        requestId = ++_lastRequestId;
        _asked.Enqueue((requestId, _lastSequence));
        return true;
    }

    /// <summary>A question was answered: the reads it stood for may proceed.</summary>
    public void Complete(ulong requestId, bool confirmed)
    {
        bool known = false;
        ulong through = 0;
        while (_asked.TryPeek(out (ulong RequestId, ulong Through) question) && question.RequestId <= requestId)
        {
            // What was asked before this question stood for no other reads than this one does.
            _asked.Dequeue();
            known = true;
            through = question.Through;
        }

        if (!known)
        {
            return;
        }

        _refused = !confirmed;
        while (confirmed && _waiting.TryPeek(out (ulong Sequence, IActorRef Requester, TimeSpan Deadline) read) && read.Sequence <= through)
        {
            _waiting.Dequeue();
            read.Requester.Tell(new ReadAnswer(null));
        }
    }

    /// <summary>A leader is known: ask again at once what was refused.</summary>
    public void LeaderChanged() => _refused = false;

    /// <summary>Gives up what is past its deadline.</summary>
    public void Expire(TimeSpan now)
    {
        // Deadlines differ, order must not: what is not late goes round once.
        for (int i = _waiting.Count; i > 0; i--)
        {
            (ulong Sequence, IActorRef Requester, TimeSpan Deadline) read = _waiting.Dequeue();
            if (read.Deadline <= now)
            {
                read.Requester.Tell(new ReadAnswer(new RequestTimeoutException("No leader could confirm the read before its deadline.")));
            }
            else
            {
                _waiting.Enqueue(read);
            }
        }
    }

    /// <summary>Answers all that waits: the node is stopping.</summary>
    public void Stop()
    {
        while (_waiting.TryDequeue(out (ulong Sequence, IActorRef Requester, TimeSpan Deadline) read))
        {
            read.Requester.Tell(new ReadAnswer(new NodeStoppedException("The node is stopping.")));
        }
    }
}
