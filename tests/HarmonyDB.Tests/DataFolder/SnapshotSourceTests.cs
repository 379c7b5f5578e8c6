using HarmonyDB.DataFolder;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;
using static HarmonyDB.Tests.DataFolder.FolderFixture;

namespace HarmonyDB.Tests.DataFolder;

public sealed class SnapshotSourceTests
{
    private const int PartBytes = 64 << 10;

    [Fact]
    public async Task Read_PartByPart_GivesTheSameBytesEachTimeAndTheyMakeTheStore()
    {
        using SimulatedDisk disk = Member();
        using NodeFiles files = Open(disk);
        byte[] large = new byte[1 << 20];
        new Random(5).NextBytes(large);
        Put(files.Store, [1], large);
        using var first = new SnapshotSource(files.Store);
        using var second = new SnapshotSource(files.Store);
        Put(files.Store, [1], [2]);

        byte[] stream = await ReadAllAsync(first);
        Assert.Equal(stream, await ReadAllAsync(second));
        ulong mark = StoreSnapshot.Restore(new MemoryStream(stream), "/simulated/copy.hdb", disk, BirthId(9));
        Assert.Equal(first.Index.Value, mark);
        using Store copy = Store.Open("/simulated/copy.hdb", new StoreOptions { Disk = disk });
        Assert.Equal(large, Get(copy, [1]));
    }

    [Fact]
    public async Task Dispose_InTheMiddle_EndsTheReadAndLetsGoOfTheState()
    {
        using SimulatedDisk disk = Member();
        using NodeFiles files = Open(disk);
        Put(files.Store, [1], new byte[1 << 20]);
        var source = new SnapshotSource(files.Store);
        await source.ReadAsync(PartBytes);
        Assert.Single(files.Store.Statistics.Readers);
        source.Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => source.ReadAsync(PartBytes));
        await Poll.UntilAsync("the state is free", () => Task.FromResult(files.Store.Statistics.Readers.Count == 0));
    }

    private static async Task<byte[]> ReadAllAsync(SnapshotSource source)
    {
        using var all = new MemoryStream();
        bool isEnd = false;
        while (!isEnd)
        {
            (byte[] data, isEnd) = await source.ReadAsync(PartBytes);
            Assert.True(data.Length == PartBytes || isEnd);
            all.Write(data);
        }

        return all.ToArray();
    }

    private static byte[] Get(Store store, byte[] key)
    {
        using ReadTransaction read = store.BeginRead();
        Assert.True(read.TryOpenTree("t"u8, out TreeReader tree));
        Assert.True(tree.TryGet(key, out ReadOnlySpan<byte> value));
        return value.ToArray();
    }

    private static void Put(Store store, byte[] key, byte[] value)
    {
        using WriteTransaction write = store.BeginWrite();
        write.OpenTree("t"u8).Put(key, value);
        write.Mark = 1;
        write.Commit(Durability.Deferred);
    }
}
