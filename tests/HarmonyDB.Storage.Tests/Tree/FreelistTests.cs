using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class FreelistTests
{
    [Fact]
    public void B13_HundredThousandFreeExtents_SurviveTheChain()
    {
        const int PageCount = 200_002;
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using IDiskFile diskFile = disk.Open("/data/file", DiskFileMode.CreateNew);
        diskFile.Allocate(1000 * 4096);
        using var file = new StoreFile(diskFile, 4096);
        var freelist = new Freelist(2);
        freelist.Allocate(PageCount - 2);
        freelist.Commit();

        // Every second page is freed, so that the extents cannot be merged.
        for (ulong page = 3; page < PageCount; page += 2)
        {
            freelist.Release(page, 1);
        }

        List<FreeExtent> free = freelist.Capture(0, [], includeUncommitted: false);
        Assert.Equal(100_000, free.Count);
        var chain = new List<ulong>();
        for (int i = FreelistChain.PageCount(free.Count, 4096); i > 0; i--)
        {
            chain.Add(freelist.AllocateForFreelist());
        }

        free = freelist.Capture(0, [], includeUncommitted: false);
        FreelistChain.Write(file, 9, chain, free);
        (List<ulong> readChain, List<FreeExtent> read) = FreelistChain.Read(file, Meta(chain, PageCount));
        Assert.Equal(chain, readChain);
        Assert.Equal(free, read);
        var loaded = new Freelist(PageCount);
        loaded.Load(read, 9, 8);
        Assert.Equal(freelist.FreeCount, loaded.FreeCount);

        // B2: a chain that leads to a page of another kind.
        Assert.Throws<StoreDamagedException>(() => FreelistChain.Read(file, Meta([chain[1]], PageCount)));
        Assert.Throws<StoreDamagedException>(() => FreelistChain.Read(file, Meta([PageCount + 5], PageCount)));
        Assert.Throws<StoreDamagedException>(() => FreelistChain.Read(file, Meta([2], PageCount)));
    }

    [Fact]
    public void B6_SeveralReadersOfOneState_KeepWhatItNeeds()
    {
        var freelist = new Freelist(2);
        ulong page = freelist.Allocate(1);
        freelist.Commit();
        freelist.Retire(10, [new RetiredPages(99, 1, 1)]);
        freelist.Retire(12, [new RetiredPages(page, 1, 5)]);
        freelist.Reclaim([2, 10, 10, 10, 10]);
        freelist.Reclaim([2, 10]);
        Assert.Equal(2, freelist.PendingCount);
        freelist.Reclaim([2]);
        Assert.Equal(1, freelist.PendingCount);
        Assert.Equal(1, freelist.FreeCount);
    }

    [Theory]
    [InlineData(4, 7, new ulong[] { 3, 7 }, true)]
    [InlineData(4, 7, new ulong[] { 4 }, false)]
    [InlineData(4, 7, new ulong[] { 3, 6, 9 }, false)]
    [InlineData(4, 7, new ulong[] { }, true)]
    public void Reclaim_FreesExactlyWhatNoPinnedStateNeeds(ulong birth, ulong unlinkedBy, ulong[] pins, bool isFree)
    {
        var freelist = new Freelist(2);
        ulong page = freelist.Allocate(1);
        freelist.Commit();
        freelist.Retire(unlinkedBy, [new RetiredPages(page, 1, birth)]);
        freelist.Reclaim(pins);
        Assert.Equal(isFree ? 1 : 0, freelist.FreeCount);
    }

    private static MetaPage Meta(List<ulong> chain, ulong pageCount) => new()
    {
        PageSizeBytes = 4096,
        StoreId = Guid.Empty,
        TxId = 9,
        Mark = 0,
        Root = 0,
        TreeCount = 0,
        PageCount = pageCount,
        Freelist = chain[0],
        FreelistPageCount = (ulong)chain.Count,
    };
}
