using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Tests.Keyspace;

/// <summary>A keyspace on a simulated disk that can be crashed and opened again.</summary>
internal sealed class KeyspaceFixture : IDisposable
{
    private const string Path = "/data/store.hdb";

    private readonly SimulatedDisk _disk;

    public KeyspaceFixture(int seed = 1)
    {
        _disk = new SimulatedDisk((ulong)seed);
        _disk.CreateDirectory("/data");
        (Store, StateMachine) = Open();
    }

    public Store Store { get; private set; }

    public KeyspaceStateMachine StateMachine { get; private set; }

    public CommandResult Put(string key, string value, bool previous = false, long lease = 0) => Apply(new Command
    {
        Put = new PutCommand
        {
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFromUtf8(value),
            PreviousKeyValue = previous,
            Lease = lease,
        },
    });

    public CommandResult Delete(byte[] key, byte[]? rangeEnd = null, bool previous = false) => Apply(new Command
    {
        DeleteRange = new DeleteRangeCommand
        {
            Key = ByteString.CopyFrom(key),
            RangeEnd = ByteString.CopyFrom(rangeEnd ?? []),
            PreviousKeyValues = previous,
        },
    });

    public CommandResult Apply(Command command) => Assert.Single(Apply([new CommandBatch { Commands = { command } }]));

    /// <summary>Applies entries in one batch, after the last applied one.</summary>
    public List<CommandResult> Apply(IReadOnlyList<CommandBatch> entries)
    {
        var results = new List<CommandResult>();
        using var batch = StateMachine.BeginApply();
        var index = StateMachine.AppliedIndex;
        foreach (var entry in entries)
        {
            results.AddRange(batch.Apply(++index, entry.ToByteArray()));
        }

        batch.Commit();
        return results;
    }

    public RangeResult Range(RangeRequest request)
    {
        using var read = Store.BeginRead();
        return KeyspaceReader.Range(read, request, new ResponseHeader(7, 8, 0, 9));
    }

    public RangeResult Everything() => Range(new RangeRequest(new byte[] { 0 }, new byte[] { 0 }));

    /// <summary>A stop in good order: what was deferred is made durable first.</summary>
    public void Reopen()
    {
        Store.Checkpoint();
        Store.Dispose();
        (Store, StateMachine) = Open();
    }

    /// <summary>Power loss: of what was not flushed the disk keeps what it likes.</summary>
    public void Crash()
    {
        _disk.Crash();
        (Store, StateMachine) = Open();
    }

    public void Dispose() => Store.Dispose();

    private (Store Store, KeyspaceStateMachine StateMachine) Open()
    {
        var store = Store.Open(Path, new StoreOptions { Disk = _disk });
        return (store, new KeyspaceStateMachine(store));
    }
}
