using Akka.Actor;
using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Messages;

namespace HarmonyDB.Actors;

/// <summary>A command that waits for its answer.</summary>
internal sealed record PendingCommand(Command Command, IActorRef Requester, TimeSpan Deadline)
{
    /// <summary>What the command takes in a batch.</summary>
    public int Bytes { get; } = Command.CalculateSize();
}

/// <summary>A batch handed to a leader.</summary>
/// <param name="Commands">The commands of this node's clients in it; empty for a forwarded batch.</param>
/// <param name="Origin">The node that forwarded it, or null.</param>
/// <param name="OriginBatchId">Its number there.</param>
/// <param name="Deadline">When the last of them gives up.</param>
/// <param name="HandedTo">The leadership it was handed to.</param>
/// <param name="Bytes">What it takes in memory.</param>
internal sealed record InflightBatch(
    IReadOnlyList<PendingCommand> Commands, IActorRef? Origin, ulong OriginBatchId, TimeSpan Deadline, LeaderKnown HandedTo, long Bytes);

/// <summary>
/// The writes of a node between its clients and the leader: waiting ones, which may still be handed to anyone, and handed-over ones, which
/// are never sent a second time. No clock of its own; bounded by the limits it is given.
/// </summary>
internal sealed class PendingWrites
{
    // What protobuf adds to a command or a result inside a batch, with room to spare.
    private const int CommandOverheadBytes = 8;

    private readonly int _requestsMaximum;
    private readonly long _bytesMaximum;
    private readonly int _batchCommandsMaximum;
    private readonly int _batchBytesMaximum;
    private readonly int _answerBytesMaximum;
    private readonly LinkedList<PendingCommand> _waiting = new();
    private readonly Dictionary<ulong, InflightBatch> _inflight = [];
    private int _inflightCommands;
    private long _inflightBytes;
    private long _waitingBytes;
    private ulong _lastBatchId;

    /// <summary>Creates an empty set.</summary>
    /// <param name="requestsMaximum">Most commands of this node's clients.</param>
    /// <param name="bytesMaximum">Most bytes of commands that wait or are handed over, forwarded ones included.</param>
    /// <param name="batchCommandsMaximum">Most commands in one batch.</param>
    /// <param name="batchBytesMaximum">Most bytes in one batch, unless a single command is larger.</param>
    /// <param name="answerBytesMaximum">Most bytes of results in one answer to another node.</param>
    public PendingWrites(int requestsMaximum, long bytesMaximum, int batchCommandsMaximum, int batchBytesMaximum, int answerBytesMaximum)
    {
        _requestsMaximum = requestsMaximum;
        _bytesMaximum = bytesMaximum;
        _batchCommandsMaximum = batchCommandsMaximum;
        _batchBytesMaximum = batchBytesMaximum;
        _answerBytesMaximum = answerBytesMaximum;
    }

    /// <summary>Whether nothing waits and nothing is handed over.</summary>
    public bool IsEmpty => _waiting.Count == 0 && _inflight.Count == 0;

    /// <summary>Whether a command waits for a leader.</summary>
    public bool AnyWaiting => _waiting.Count > 0;

    private long HeldBytes => _waitingBytes + _inflightBytes;

    /// <summary>Takes a command in, or answers that there are too many.</summary>
    public void Add(PendingCommand command)
    {
        if (_waiting.Count + _inflightCommands >= _requestsMaximum)
        {
            Fail(command, new TooManyRequestsException($"{_requestsMaximum} requests are waiting on this node already (harmony.limits.max-pending-requests)."));
        }
        else if (HeldBytes > 0 && HeldBytes + command.Bytes > _bytesMaximum)
        {
            // One command always fits, or a large one could never be written.
            Fail(command, new TooManyRequestsException($"{HeldBytes} bytes of requests are waiting on this node already (harmony.limits.max-pending-bytes)."));
        }
        else
        {
            _waitingBytes += command.Bytes;
            _waiting.AddLast(command);
        }
    }

    /// <summary>Makes the next batch for a leader out of waiting commands.</summary>
    public (ulong BatchId, byte[] Payload) TakeBatch(LeaderKnown leader)
    {
        var batch = new CommandBatch();
        var commands = new List<PendingCommand>();
        int bytes = 0;
        while (_waiting.First is { } first && commands.Count < _batchCommandsMaximum)
        {
            int size = first.Value.Bytes + CommandOverheadBytes;
            if (commands.Count > 0 && bytes + size > _batchBytesMaximum)
            {
                break;
            }

            bytes += size;
            batch.Commands.Add(first.Value.Command);
            commands.Add(first.Value);
            _waitingBytes -= first.Value.Bytes;
            _waiting.RemoveFirst();
        }

        return (Track(new InflightBatch(commands, null, 0, commands.Max(c => c.Deadline), leader, bytes)), batch.ToByteArray());
    }

    /// <summary>Notes a batch that another node forwarded here. False when there are too many.</summary>
    public bool TryTrackForwarded(IActorRef origin, ulong originBatchId, long bytes, TimeSpan deadline, LeaderKnown leader, out ulong batchId)
    {
        bool room = _inflight.Count < _requestsMaximum && (HeldBytes == 0 || HeldBytes + bytes <= _bytesMaximum);
        batchId = room ? Track(new InflightBatch([], origin, originBatchId, deadline, leader, bytes)) : 0;
        return room;
    }

    /// <summary>A leader said what became of a batch. Unknown and late numbers are ignored: their clients have their answer.</summary>
    public void Complete(ulong batchId, BatchOutcome outcome, IReadOnlyList<CommandResult> results)
    {
        if (!_inflight.Remove(batchId, out InflightBatch? batch))
        {
            return;
        }

        _inflightCommands -= batch.Commands.Count;
        _inflightBytes -= batch.Bytes;
        if (batch.Origin is not null)
        {
            batch.Origin.Tell(new ForwardedBatchAnswer(batch.OriginBatchId, outcome, FitToTravel(results)));
        }
        else if (outcome == BatchOutcome.NotTaken)
        {
            // Nothing happened: back to the head of the queue, in order.
            for (int i = batch.Commands.Count - 1; i >= 0; i--)
            {
                _waitingBytes += batch.Commands[i].Bytes;
                _waiting.AddFirst(batch.Commands[i]);
            }
        }
        else
        {
            Answer(batch, outcome, results);
        }
    }

    /// <summary>Another leader is known: what the one before it was handed elsewhere and has not answered is unknown.</summary>
    public void LeaderChanged(LeaderKnown leader)
    {
        ulong[] lost = [.. _inflight.Where(b => b.Value.Origin is null && !b.Value.HandedTo.IsSelf && b.Value.HandedTo != leader).Select(b => b.Key)];
        foreach (ulong batchId in lost)
        {
            Complete(batchId, BatchOutcome.Unknown, []);
        }
    }

    /// <summary>Gives up what is past its deadline.</summary>
    public void Expire(TimeSpan now)
    {
        for (LinkedListNode<PendingCommand>? node = _waiting.First; node is not null;)
        {
            LinkedListNode<PendingCommand>? next = node.Next;
            if (node.Value.Deadline <= now)
            {
                _waitingBytes -= node.Value.Bytes;
                _waiting.Remove(node);
                Fail(node.Value, new RequestTimeoutException("No leader took the write before its deadline. Nothing was written."));
            }

            node = next;
        }

        ulong[] late = [.. _inflight.Where(b => b.Value.Deadline <= now).Select(b => b.Key)];
        foreach (ulong batchId in late)
        {
            Complete(batchId, BatchOutcome.Unknown, []);
        }
    }

    /// <summary>Answers all that waits: the node is stopping.</summary>
    public void Stop()
    {
        foreach (PendingCommand command in _waiting)
        {
            Fail(command, new NodeStoppedException("The node is stopping. Nothing was written."));
        }

        _waiting.Clear();
        _waitingBytes = 0;
        foreach (ulong batchId in _inflight.Keys.ToArray())
        {
            Complete(batchId, BatchOutcome.Unknown, []);
        }
    }

    // What is larger than a frame would be dropped on the way, and every command of the batch with it (A1).
    private CommandResult[] FitToTravel(IReadOnlyList<CommandResult> results)
    {
        var fitting = new CommandResult[results.Count];
        long bytes = 0;
        for (int i = 0; i < fitting.Length; i++)
        {
            int size = results[i].CalculateSize() + CommandOverheadBytes;
            bool fits = results[i].Previous.Count == 0 || bytes + size <= _answerBytesMaximum;
            fitting[i] = fits ? results[i] : new CommandResult { Revision = results[i].Revision, Deleted = results[i].Deleted, PreviousLeftOut = true };
            bytes += fits ? size : fitting[i].CalculateSize() + CommandOverheadBytes;
        }

        return fitting;
    }

    private static void Answer(InflightBatch batch, BatchOutcome outcome, IReadOnlyList<CommandResult> results)
    {
        // A leader that answers with another number of results is not to be believed in anything.
        bool applied = outcome == BatchOutcome.Applied && results.Count == batch.Commands.Count;
        for (int i = 0; i < batch.Commands.Count; i++)
        {
            if (applied && results[i].PreviousLeftOut)
            {
                Fail(batch.Commands[i], new OutcomeUnknownException(
                    $"The write was applied at revision {results[i].Revision}, but what it replaced is too large to travel from the leader. Ask the leader itself, or for less."));
            }
            else if (applied)
            {
                batch.Commands[i].Requester.Tell(new CommandAnswer(results[i], null));
            }
            else if (outcome == BatchOutcome.Overloaded)
            {
                Fail(batch.Commands[i], new TooManyRequestsException("The leader holds too much that is not committed yet. Nothing was written."));
            }
            else if (outcome == BatchOutcome.DiskFull)
            {
                Fail(batch.Commands[i], new DiskSpaceException("The leader's disk is full. Nothing was written; free space there, and try again."));
            }
            else
            {
                Fail(batch.Commands[i], new OutcomeUnknownException(
                    "The leader fell, or did not answer before the deadline, after it was given the write: it may or may not have happened. Read to find out."));
            }
        }
    }

    private static void Fail(PendingCommand command, HarmonyException failure) => command.Requester.Tell(new CommandAnswer(null, failure));

    private ulong Track(InflightBatch batch)
    {
        _inflight.Add(++_lastBatchId, batch);
        _inflightCommands += batch.Commands.Count;
        _inflightBytes += batch.Bytes;
        return _lastBatchId;
    }
}
