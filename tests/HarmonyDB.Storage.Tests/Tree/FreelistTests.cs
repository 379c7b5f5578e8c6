using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class FreelistTests
{
    [Fact]
    public void B13_HundredThousandFreeExtents_SurviveTheMapAndCostWhatChanged()
    {
        const int PageCount = 200_002;
        using SimulatedDisk disk = StoreFixture.CreateDisk(maximumFileBytes: 1L << 30);
        using IDiskFile diskFile = disk.Open("/data/file", DiskFileMode.CreateNew);
        diskFile.Allocate((PageCount + CommitWindow.PageCount) * 4096L);
        using var file = new StoreFile(diskFile, 4096);
        var freelist = new Freelist(2, 4096);
        freelist.Allocate(PageCount - 2);
        freelist.Apply(3, [], []);
        freelist.Commit();

        // Every second page is freed, so that no two free pages are neighbours.
        var freed = new List<RetiredPages>();
        for (ulong page = 3; page < PageCount; page += 2)
        {
            freed.Add(new RetiredPages(page, 1, 3));
        }

        freelist.Apply(4, [], freed);
        freelist.Reclaim([]);
        SpaceMapChange change = freelist.CreateMap(4, SpaceMap.Empty(4096));
        long freeCount = 100_000 + CommitWindow.PageCount - change.Written.Count;
        Assert.Equal(freeCount, freelist.FreeCount);
        Assert.Equal(8, change.Written.Count);
        change.Write(file);
        Freelist loaded = Load(file, change.Map, freelist.PageCount);
        Assert.Equal(freeCount, loaded.FreeCount);
        Assert.Equal(100_000, loaded.UsedCount);
        Assert.Equal(freelist.PageCount, loaded.PageCount);

        // One more commit, which changes one page near the end: one chunk and the index page above it.
        freelist.Apply(5, [], [new RetiredPages(PageCount - 2, 1, 3)]);
        freelist.Reclaim([]);
        SpaceMapChange next = freelist.CreateMap(5, change.Map);
        Assert.Equal(2, next.Written.Count);
        next.Write(file);
        Assert.Equal(99_999, Load(file, next.Map, freelist.PageCount).UsedCount);
        Assert.Equal(100_000, Load(file, change.Map, freelist.PageCount).UsedCount);

        // B2: a map that leads to a page of another kind, outside the file, or to a page that is older than it should be.
        SpaceMap.Entry root = change.Map.Root;
        Assert.Throws<StoreDamagedException>(() => SpaceMap.Read(file, Meta(new SpaceMap.Entry(2, 4), freelist.PageCount), new PageBitmap()));
        Assert.Throws<StoreDamagedException>(() => SpaceMap.Read(file, Meta(root with { Page = PageCount + 5000 }, freelist.PageCount), new PageBitmap()));
        Assert.Throws<StoreDamagedException>(() => SpaceMap.Read(file, Meta(root with { Transaction = 3 }, freelist.PageCount), new PageBitmap()));
        Assert.Throws<StoreDamagedException>(() => SpaceMap.Read(file, Meta(root, 32_512), new PageBitmap()));
    }

    [Fact]
    public void CreateMap_TakenBack_LeavesNoPageBehind()
    {
        var freelist = new Freelist(2, 4096);
        freelist.Allocate(1000);
        freelist.Apply(3, [], []);
        freelist.Commit();
        SpaceMap empty = SpaceMap.Empty(4096);
        SpaceMapChange change = freelist.CreateMap(3, empty);
        freelist.UndoMap(change, empty);
        Assert.Equal(1, freelist.FreeCount);
        Assert.Equal(change.Written, freelist.CreateMap(3, empty).Written);
    }

    [Fact]
    public void B6_SeveralReadersOfOneState_KeepWhatItNeeds()
    {
        var freelist = new Freelist(2, 4096);
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
        var freelist = new Freelist(2, 4096);
        ulong page = freelist.Allocate(1);
        freelist.Commit();
        freelist.Retire(unlinkedBy, [new RetiredPages(page, 1, birth)]);
        freelist.Reclaim(pins);
        Assert.Equal(isFree ? 1 : 0, freelist.FreeCount);
    }

    private static Freelist Load(StoreFile file, SpaceMap map, ulong pageCount)
    {
        var used = new PageBitmap();
        SpaceMap read = SpaceMap.Read(file, Meta(map.Root, pageCount), used);
        Assert.Equal(map.Pages, read.Pages);
        var loaded = new Freelist(pageCount, 4096);
        loaded.Load(used, read, 9, new PageBitmap(), null, 9);
        return loaded;
    }

    private static MetaPage Meta(SpaceMap.Entry root, ulong pageCount) => new()
    {
        PageSizeBytes = 4096,
        StoreId = Guid.Empty,
        TxId = 9,
        Mark = 0,
        Root = 0,
        TreeCount = 0,
        PageCount = pageCount,
        MapRoot = root.Page,
        MapTxId = root.Transaction,
    };
}
