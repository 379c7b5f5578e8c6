using System.Reflection;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>
/// B19, B31: every public member of what a store hands out throws once that has ended. Reflection lists the members, so that a new one cannot be
/// forgotten; spans cannot pass through reflection, so that each has its call here.
/// </summary>
public sealed class StoreUseAfterEndTests : IDisposable
{
    private readonly SimulatedDisk _disk = StoreFixture.CreateDisk();
    private readonly Store _store;

    public StoreUseAfterEndTests()
    {
        _store = StoreFixture.Open(_disk);
        StoreFixture.Fill(_store, 0, 100, 100);
    }

    private delegate void CursorCall(ref Cursor cursor);

    private delegate void RangeCall(ref KeyRange range);

    public void Dispose()
    {
        _store.Dispose();
        _disk.Dispose();
    }

    [Fact]
    public void B19_Store_Disposed_EveryMemberThrows()
    {
        _store.Dispose();

        // What was told when it was opened stays true.
        string[] facts = ["Path", "StoreId", "PageSizeBytes", "KeyBytesMaximum", "DurableMark", "OlderDurableMark", "DiscardedTxId", "Dispose"];
        AssertThrow(typeof(Store), facts, new Dictionary<string, Action>
        {
            ["Statistics"] = () => _ = _store.Statistics,
            ["BeginRead"] = () => _store.BeginRead(),
            ["BeginWrite"] = () => _store.BeginWrite(),
            ["Checkpoint"] = _store.Checkpoint,
            ["Check"] = () => _store.Check(),
            ["OustReader"] = () => _store.OustReader(1),
            ["CompactStep"] = () => _store.CompactStep(1),
            ["Compact"] = () => _store.Compact(),
            ["Backup"] = () => _store.Backup(Stream.Null),
        });
        _store.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void B31_WriteTransaction_CommittedOrDisposed_EveryMemberThrows(bool commits)
    {
        WriteTransaction transaction = _store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        Cursor cursor = tree.OpenCursor();
        Assert.True(cursor.SeekFirst());
        KeyRange range = tree.Range(default, default);
        Assert.True(range.MoveNext());
        if (commits)
        {
            transaction.Commit(Durability.Deferred);
        }
        else
        {
            transaction.Dispose();
        }

        AssertThrow(typeof(WriteTransaction), ["Dispose"], new Dictionary<string, Action>
        {
            ["Mark"] = () => transaction.Mark = transaction.Mark,
            ["OpenTree"] = () => transaction.OpenTree(StoreFixture.TreeName),
            ["Commit"] = () => transaction.Commit(Durability.Deferred),
        });
        Assert.Throws<ObjectDisposedException>(() => transaction.Mark);
        AssertThrow(typeof(TreeWriter), ["KeyBytesMaximum"], new Dictionary<string, Action>
        {
            ["Count"] = () => _ = tree.Count,
            ["TryGet"] = () => tree.TryGet([1], out _),
            ["Put"] = () => tree.Put([1], [1]),
            ["Append"] = () => tree.Append([0xFF], [1]),
            ["Delete"] = () => tree.Delete([1]),
            ["DeleteRange"] = () => tree.DeleteRange(default, default),
            ["OpenCursor"] = () => tree.OpenCursor(),
            ["Range"] = () => tree.Range(default, default),
            ["RangeDescending"] = () => tree.RangeDescending(default, default),
            ["Prefix"] = () => tree.Prefix([1]),
            ["PrefixDescending"] = () => tree.PrefixDescending([1]),
            ["CountRange"] = () => tree.CountRange(default, default),
        });
        AssertCursorThrows(ref cursor);
        AssertRangeThrows(ref range);
        transaction.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void B19_ReadTransaction_Disposed_EveryMemberThrows(bool isReused)
    {
        ReadTransaction transaction = _store.BeginRead("first life");
        Assert.True(transaction.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        Cursor cursor = tree.OpenCursor();
        Assert.True(cursor.SeekFirst());
        KeyRange range = tree.Range(default, default);
        Assert.True(range.MoveNext());
        var values = new ValueReference[1];
        Assert.Equal(1, tree.GetMany(StoreFixture.Key(1), 8, values));
        transaction.Dispose();

        // The object is pooled; the handles of its first life stay dead in its next one.
        using ReadTransaction? next = isReused ? _store.BeginRead("second life") : null;
        if (!isReused)
        {
            AssertThrow(typeof(ReadTransaction), ["Dispose"], new Dictionary<string, Action>
            {
                ["TxId"] = () => _ = transaction.TxId,
                ["Mark"] = () => _ = transaction.Mark,
                ["Name"] = () => _ = transaction.Name,
                ["TryOpenTree"] = () => transaction.TryOpenTree(StoreFixture.TreeName, out _),
                ["ListTrees"] = () => transaction.ListTrees(),
            });
        }

        AssertThrow(typeof(TreeReader), [], new Dictionary<string, Action>
        {
            ["Count"] = () => _ = tree.Count,
            ["TryGet"] = () => tree.TryGet([1], out _),
            ["GetMany"] = () => tree.GetMany(StoreFixture.Key(1), 8, values),
            ["ValueOf"] = () => tree.ValueOf(values[0]),
            ["OpenCursor"] = () => tree.OpenCursor(),
            ["Range"] = () => tree.Range(default, default),
            ["RangeDescending"] = () => tree.RangeDescending(default, default),
            ["Prefix"] = () => tree.Prefix([1]),
            ["PrefixDescending"] = () => tree.PrefixDescending([1]),
            ["CountRange"] = () => tree.CountRange(default, default),
        });
        Assert.Throws<ObjectDisposedException>(() => tree.GetMany(new ReadOnlyMemory<byte>[1], values));
        AssertCursorThrows(ref cursor);
        AssertRangeThrows(ref range);
    }

    private static void AssertCursorThrows(ref Cursor cursor)
    {
        var calls = new Dictionary<string, CursorCall>
        {
            ["Key"] = static (ref cursor) => _ = cursor.Key,
            ["Value"] = static (ref cursor) => _ = cursor.Value,
            ["SeekFirst"] = static (ref cursor) => cursor.SeekFirst(),
            ["SeekLast"] = static (ref cursor) => cursor.SeekLast(),
            ["SeekExact"] = static (ref cursor) => cursor.SeekExact([1]),
            ["SeekCeiling"] = static (ref cursor) => cursor.SeekCeiling([1]),
            ["SeekFloor"] = static (ref cursor) => cursor.SeekFloor([1]),
            ["Next"] = static (ref cursor) => cursor.Next(),
            ["Previous"] = static (ref cursor) => cursor.Previous(),
        };
        AssertComplete(typeof(Cursor), ["IsOnEntry", "Dispose"], calls.Keys);
        foreach ((string name, CursorCall call) in calls)
        {
            bool throws = false;
            try
            {
                call(ref cursor);
            }
            catch (ObjectDisposedException)
            {
                throws = true;
            }

            Assert.True(throws, $"Cursor.{name}");
        }
    }

    private static void AssertRangeThrows(ref KeyRange range)
    {
        var calls = new Dictionary<string, RangeCall>
        {
            ["Current"] = static (ref range) => _ = range.Current,
            ["MoveNext"] = static (ref range) => range.MoveNext(),
        };
        AssertComplete(typeof(KeyRange), ["GetEnumerator", "Dispose"], calls.Keys);
        foreach ((string name, RangeCall call) in calls)
        {
            bool throws = false;
            try
            {
                call(ref range);
            }
            catch (ObjectDisposedException)
            {
                throws = true;
            }

            Assert.True(throws, $"KeyRange.{name}");
        }
    }

    private static void AssertThrow(Type type, string[] exceptions, Dictionary<string, Action> calls)
    {
        AssertComplete(type, exceptions, calls.Keys);
        foreach ((string name, Action call) in calls)
        {
            Assert.True(Record.Exception(call) is ObjectDisposedException, $"{type.Name}.{name}");
        }
    }

    private static void AssertComplete(Type type, string[] exceptions, IEnumerable<string> called)
    {
        const BindingFlags Declared = BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        IEnumerable<string> members = type.GetMembers(Declared)
            .Where(static member => member is PropertyInfo or MethodInfo { IsSpecialName: false })
            .Select(static member => member.Name);
        Assert.Equal(members.Distinct().Order(StringComparer.Ordinal), exceptions.Concat(called).Order(StringComparer.Ordinal));
    }
}
