using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Google.Protobuf;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Simulation;

/// <summary>
/// Where clients reach a node: gathers what they ask, proposes it in batches, asks one read index for all reads that wait, and answers.
/// What was proposed is never proposed again, by anyone.
/// </summary>
internal sealed class FrontDoor
{
    private const int CommandOverheadBytes = 64;

    private static readonly byte[][] Keys = [.. Enumerable.Range(0, 64).Select(i => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"key-{i:d3}")))];

    private readonly ClusterSimulation _simulation;
    private readonly SimulatedNode _node;
    private readonly SimulatedRandom _random;
    private readonly List<ClientOperation> _writes = [];
    private readonly Dictionary<ulong, ClientOperation[]> _proposed = [];
    private readonly Dictionary<ulong, List<ClientOperation>> _asked = [];
    private List<ClientOperation> _reads = [];
    private ulong _lastId;
    private bool _scheduled;

    /// <summary>Opens the door of a node.</summary>
    public FrontDoor(ClusterSimulation simulation, SimulatedNode node, SimulatedRandom random)
    {
        _simulation = simulation;
        _node = node;
        _random = random;
    }

    /// <summary>The bytes of a key.</summary>
    public static ReadOnlyMemory<byte> KeyBytes(int key) => Keys[key];

    /// <summary>The operation that wrote a value.</summary>
    public static long WriterOf(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value);

    /// <summary>Takes an operation.</summary>
    public void Submit(ClientOperation operation)
    {
        (operation.Writes ? _writes : _reads).Add(operation);
        if (!_scheduled)
        {
            _scheduled = true;
            _node.Schedule(_simulation.Now + _random.Ticks(0, 1), EventKind.HandOver);
        }
    }

    /// <summary>Hands what has gathered to the replica.</summary>
    /// <param name="replica">The replica.</param>
    /// <param name="now">Its local time.</param>
    public void HandOver(Replica replica, TimeSpan now)
    {
        _scheduled = false;

        // No batch becomes an entry larger than the log takes.
        LoadSettings load = _simulation.Settings.Load;
        int maximum = Math.Min(load.BatchCommandsMaximum, NodeSettings.EntryBytesMaximum / (load.ValueBytesMaximum + CommandOverheadBytes));
        ClientOperation[] waiting = [.. _writes.Where(o => o.Outcome == OperationOutcome.Pending)];
        _writes.Clear();
        foreach (ClientOperation[] batch in waiting.Chunk(maximum))
        {
            Propose(replica, batch);
        }

        _reads.RemoveAll(o => o.Outcome != OperationOutcome.Pending);
        if (_reads.Count > 0)
        {
            List<ClientOperation> asking = _reads;
            _reads = [];
            if (_simulation.Settings.Canary == Canary.StaleRead)
            {
                Read(asking);
                return;
            }

            _asked.Add(++_lastId, asking);
            replica.ReadIndex(_lastId, now);
        }
    }

    /// <summary>The replica says what became of a batch.</summary>
    public void Answer(AnswerBatchEffect answer)
    {
        if (!_proposed.Remove(answer.BatchId, out ClientOperation[]? batch))
        {
            throw new SimulationFailedException($"n{_node.Number + 1} answers batch {answer.BatchId}, which it was not asked or has answered.");
        }

        switch (answer.Outcome)
        {
            case BatchOutcome.Applied:
                if (answer.Results.Count != batch.Length)
                {
                    throw new SimulationFailedException($"n{_node.Number + 1} gives {answer.Results.Count} results for {batch.Length} commands.");
                }

                for (int i = 0; i < batch.Length; i++)
                {
                    Complete(batch[i], answer.Results[i]);
                }

                break;
            case BatchOutcome.Unknown:
                _simulation.Load.Unknown(batch);
                break;
            default:
                // Nothing happened: it may be asked elsewhere.
                foreach (ClientOperation operation in batch)
                {
                    operation.HandedOver = false;
                }

                _simulation.Load.Refused(batch, LeaderHint());
                break;
        }
    }

    /// <summary>The replica says whether reads may proceed.</summary>
    public void Answer(AnswerReadEffect answer)
    {
        if (!_asked.Remove(answer.RequestId, out List<ClientOperation>? reads))
        {
            throw new SimulationFailedException($"n{_node.Number + 1} answers read {answer.RequestId}, which it was not asked or has answered.");
        }

        if (answer.Confirmed)
        {
            Read(reads);
        }
        else
        {
            _simulation.Load.Refused(reads, LeaderHint());
        }
    }

    /// <summary>The process is gone: clients know no more than that.</summary>
    public void ConnectionsLost()
    {
        _simulation.Load.Refused(_writes, -1);
        _simulation.Load.Refused(_reads, -1);
        foreach (List<ClientOperation> reads in _asked.Values)
        {
            _simulation.Load.Refused(reads, -1);
        }

        foreach (ClientOperation[] batch in _proposed.Values)
        {
            _simulation.Load.Unknown(batch);
        }
    }

    private static byte[] Payload(ClientOperation[] batch, SimulatedRandom random, int valueBytesMaximum)
    {
        var message = new CommandBatch();
        foreach (ClientOperation operation in batch)
        {
            ByteString key = UnsafeByteOperations.UnsafeWrap(KeyBytes(operation.Key));
            if (operation.Deletes)
            {
                message.Commands.Add(new Command { DeleteRange = new DeleteRangeCommand { Key = key, PreviousKeyValues = operation.AsksForPrevious } });
                continue;
            }

            byte[] value = new byte[sizeof(long) + random.Next(valueBytesMaximum + 1)];
            BinaryPrimitives.WriteInt64LittleEndian(value, operation.Id);
            message.Commands.Add(new Command
            {
                Put = new PutCommand { Key = key, Value = UnsafeByteOperations.UnsafeWrap(value), PreviousKeyValue = operation.AsksForPrevious },
            });
        }

        return message.ToByteArray();
    }

    private void Propose(Replica replica, ClientOperation[] batch)
    {
        if (_simulation.Settings.Canary == Canary.LostWrite && _simulation.Now > TimeSpan.TicksPerSecond && _simulation.IsLeader(_node.Number))
        {
            Array.ForEach(batch, o => Complete(o, new CommandResult { Revision = _node.Files!.Keyspace.Revision + 1 }));
            return;
        }

        ulong id = ++_lastId;
        _proposed.Add(id, batch);
        LogIndex before = replica.Node?.LastIndex ?? default;
        replica.Propose(id, Payload(batch, _random, _simulation.Settings.Load.ValueBytesMaximum));
        LogIndex index = replica.Node?.LastIndex ?? default;
        bool isTaken = index > before;
        for (int i = 0; i < batch.Length && isTaken; i++)
        {
            batch[i].HandedOver = true;
            batch[i].Index = index;
            batch[i].Term = replica.Node!.Term;
            batch[i].Position = i;
        }
    }

    private void Complete(ClientOperation operation, CommandResult result)
    {
        long saw = ClientOperation.SawNothing;
        if (operation.AsksForPrevious)
        {
            saw = result.Previous.Count == 0 ? 0 : WriterOf(result.Previous[0].Value.Span);
        }
        else if (operation.Deletes)
        {
            saw = result.Deleted == 0 ? 0 : ClientOperation.SawSomething;
        }

        _simulation.Load.Done(operation, result.Revision, saw, _node.Number);
    }

    // On the caller's thread in a real node, in a snapshot taken after the answer.
    private void Read(List<ClientOperation> reads)
    {
        using ReadTransaction snapshot = _node.Files!.Store.BeginRead();
        long revision = KeyspaceReader.Revision(snapshot);
        foreach (ClientOperation read in reads)
        {
            long saw = KeyspaceReader.TryGet(snapshot, Keys[read.Key], out KeyRecord record) ? WriterOf(record.Value) : 0;
            read.Index = new LogIndex(snapshot.Mark);
            _simulation.Load.Done(read, revision, saw, _node.Number);
        }
    }

    private int LeaderHint()
    {
        string? address = _node.Replica?.View.LeaderAddress;
        return address is null ? -1 : _simulation.NumberAt(address);
    }
}
