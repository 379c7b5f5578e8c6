using Google.Protobuf;
using HarmonyDB.Messages;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Keyspace;

/// <summary>
/// Several log entries applied in one store transaction. How entries are grouped into batches is each node's own affair and shows in
/// neither state nor answers: each command in an entry is a transaction of its own, with a revision of its own.
/// </summary>
/// <remarks>
/// For one thread. After an exception from <see cref="Apply"/> or <see cref="Skip"/> only <see cref="Dispose"/> is left: nothing of the batch is kept.
/// </remarks>
internal sealed class ApplyBatch : IDisposable
{
    private static readonly MessageParser<CommandBatch> Parser = CommandBatch.Parser.WithDiscardUnknownFields(true);

    private readonly KeyspaceStateMachine _stateMachine;
    private readonly WriteTransaction _transaction;
    private readonly KeyspaceWriter _writer;
    private ulong _appliedIndex;
    private BatchState _state;

    internal ApplyBatch(KeyspaceStateMachine stateMachine, WriteTransaction transaction)
    {
        _stateMachine = stateMachine;
        _transaction = transaction;
        _appliedIndex = stateMachine.AppliedIndex;
        _writer = new KeyspaceWriter(transaction, stateMachine.Revision, stateMachine.StateHash);
    }

    private enum BatchState
    {
        Open,
        Failed,
        Committed,
        Disposed,
    }

    /// <summary>Hash of the content as of the last entry applied, committed or not.</summary>
    public StateHash StateHash => _writer.StateHash;

    /// <summary>Applies an entry.</summary>
    /// <param name="index">Its index in the log: the one after the last applied, or one that was applied before.</param>
    /// <param name="commandBatchPayload">The entry's data, a <see cref="CommandBatch"/>. Not kept.</param>
    /// <returns>The answer to each command, in order; none when the entry was applied before, as happens when the log is replayed.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An entry between the last applied one and this one is missing.</exception>
    /// <exception cref="KeyspaceCorruptException">The entry cannot be read in full by this version, or has a command that no node would propose.</exception>
    public IReadOnlyList<CommandResult> Apply(ulong index, ReadOnlySpan<byte> commandBatchPayload)
    {
        if (!TryBegin(index))
        {
            return [];
        }

        // Failed until proven otherwise: an entry applied in part must never be committed.
        _state = BatchState.Failed;
        var commands = Decode(index, commandBatchPayload).Commands;
        var results = new CommandResult[commands.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = ApplyCommand(commands[i]);
        }

        _appliedIndex = index;
        _state = BatchState.Open;
        return results;
    }

    /// <summary>Keeps the configuration of an entry, so that the store says who the members were at its applied index.</summary>
    /// <param name="index">As in <see cref="Apply"/>.</param>
    /// <param name="payload">The entry's data, opaque here. Not kept.</param>
    /// <exception cref="ArgumentOutOfRangeException">An entry between the last applied one and this one is missing.</exception>
    public void ApplyConfiguration(ulong index, ReadOnlySpan<byte> payload)
    {
        if (TryBegin(index))
        {
            _state = BatchState.Failed;
            _writer.WriteConfiguration(index, payload);
            _appliedIndex = index;
            _state = BatchState.Open;
        }
    }

    /// <summary>Passes over an entry without commands, such as a leader's first one: only the applied index moves.</summary>
    /// <param name="index">As in <see cref="Apply"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">An entry between the last applied one and this one is missing.</exception>
    public void Skip(ulong index)
    {
        if (TryBegin(index))
        {
            _appliedIndex = index;
        }
    }

    /// <summary>
    /// Makes the batch visible to readers: data, revision and applied index together (FAULTS R51). It is durable after the store's next checkpoint;
    /// until then the log has the entries. An exception leaves the state as it was before the batch.
    /// </summary>
    public void Commit()
    {
        ThrowIfNotOpen();
        _state = BatchState.Failed;
        if (_appliedIndex != _stateMachine.AppliedIndex)
        {
            _writer.WriteState();
            _transaction.Mark = _appliedIndex;
            _transaction.Commit(Durability.Deferred);
            _stateMachine.Committed(_appliedIndex, _writer.Revision, _writer.StateHash);
        }

        _state = BatchState.Committed;
    }

    /// <summary>Ends the batch; without a <see cref="Commit"/> before, nothing of it happened.</summary>
    public void Dispose()
    {
        if (_state != BatchState.Disposed)
        {
            _state = BatchState.Disposed;
            _transaction.Dispose();
        }
    }

    private static CommandBatch Decode(ulong index, ReadOnlySpan<byte> payload)
    {
        CommandBatch batch;
        try
        {
            batch = WireParser.Parse(Parser, payload);
        }
        catch (MalformedMessageException e)
        {
            throw new KeyspaceCorruptException($"Log entry {index} is not a batch of commands.", e);
        }

        // Fields that this version does not know were dropped above. To apply the rest would be to apply something else than the other nodes did.
        if (batch.CalculateSize() != payload.Length)
        {
            throw new KeyspaceCorruptException($"Log entry {index} has {payload.Length} bytes, of which this version understands {batch.CalculateSize()}.");
        }

        foreach (var command in batch.Commands)
        {
            var key = command.OperationCase switch
            {
                Command.OperationOneofCase.Put => command.Put.Key,
                Command.OperationOneofCase.DeleteRange => command.DeleteRange.Key,
                _ => throw new KeyspaceCorruptException($"Log entry {index} has a command without an operation."),
            };
            var keyBytesMax = command.OperationCase == Command.OperationOneofCase.Put ? KeyspaceLayout.KeyBytesMax : int.MaxValue;
            if (key.IsEmpty || key.Length > keyBytesMax)
            {
                throw new KeyspaceCorruptException($"Log entry {index} has a command with a key of {key.Length} bytes.");
            }
        }

        return batch;
    }

    private CommandResult ApplyCommand(Command command)
    {
        var result = new CommandResult();
        if (command.OperationCase == Command.OperationOneofCase.Put)
        {
            var put = command.Put;
            _writer.Put(put.Key.Span, put.Value.Span, put.Lease, put.PreviousKeyValue ? result.Previous : null);
        }
        else
        {
            var delete = command.DeleteRange;
            result.Deleted = _writer.DeleteRange(
                RangeBounds.Of(delete.Key.Span, delete.RangeEnd.Span), delete.PreviousKeyValues ? result.Previous : null);
        }

        result.Revision = _writer.Revision;
        return result;
    }

    private bool TryBegin(ulong index)
    {
        ThrowIfNotOpen();
        if (index <= _appliedIndex)
        {
            return false;
        }

        if (index != _appliedIndex + 1)
        {
            _state = BatchState.Failed;
            throw new ArgumentOutOfRangeException(nameof(index), index, $"The last applied entry is {_appliedIndex}: entries in between are missing.");
        }

        return true;
    }

    private void ThrowIfNotOpen()
    {
        ObjectDisposedException.ThrowIf(_state == BatchState.Disposed, this);
        if (_state != BatchState.Open)
        {
            throw new InvalidOperationException($"The batch takes no more entries: it is {(_state == BatchState.Failed ? "broken" : "committed")}.");
        }
    }
}
