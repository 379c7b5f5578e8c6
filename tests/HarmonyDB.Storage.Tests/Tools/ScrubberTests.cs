using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tests.Tree;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tools;

public sealed class ScrubberTests
{
    [Fact]
    public void Step_HealthyStore_MeetsEveryPageOfEveryTree()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        Fill(store);
        var scrubber = new Scrubber(store);
        int steps = 1;
        while (scrubber.Step(20_000))
        {
            steps++;
            Assert.Empty(store.Statistics.Readers);
        }

        // Branches are verified once in each step.
        CheckReport check = store.Check();
        Assert.InRange(scrubber.Report.VerifiedBytes, (check.UsedPageCount - 10) * 4096, (check.UsedPageCount + (4 * steps)) * 4096);
        Assert.True(steps > 10);
        Assert.Equal(1, scrubber.Report.PassCount);
        Assert.Empty(scrubber.Report.Damage);
    }

    [Fact]
    public void Step_PagesDamagedAfterTheyWereRead_FindsEachOfThem()
    {
        const int Seed = 3;
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk, checks: false);
        Fill(store);
        Assert.True(store.Check().IsHealthy);
        var random = new Random(Seed);
        ulong[] leaves = [.. Pages(disk, PageKind.Leaf).OrderBy(_ => random.Next()).Take(5)];
        ulong large = Pages(disk, PageKind.Overflow).First();
        foreach (ulong page in leaves)
        {
            Flip(disk, (long)(page * 4096) + random.Next(4096));
        }

        Flip(disk, (long)(large * 4096) + 2000);
        var scrubber = new Scrubber(store);
        while (scrubber.Step(50_000))
        {
            StoreFixture.Fill(store, 900_000, 900_010, 20, Durability.Deferred);
        }

        Assert.Equal(leaves.Append(large).Order(), scrubber.Report.Damage.Select(damage => damage.Page.Value).Order());
    }

    [Fact]
    public async Task RunAsync_Rate_IsKeptByTheClockGiven()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        Fill(store);
        var clock = new ManualTime();
        var scrubber = new Scrubber(store);
        Task<ScrubReport> run = scrubber.RunAsync(100_000, clock);
        int waits = 0;
        while (!run.IsCompleted)
        {
            if (clock.TryRunNextTimer())
            {
                waits++;
            }
            else
            {
                await Task.Yield();
            }
        }

        ScrubReport report = await run;
        Assert.Equal(1, report.PassCount);
        Assert.True(waits > 3);
        Assert.InRange(clock.Elapsed.TotalSeconds, (report.VerifiedBytes - 100_000) / 100_000.0, report.VerifiedBytes / 100_000.0);
    }

    [Fact]
    public async Task RunAsync_Cancelled_GoesOnWhereItWas()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        Fill(store);
        using var cancellation = new CancellationTokenSource();
        var clock = new ManualTime();
        var scrubber = new Scrubber(store);
        Task<ScrubReport> run = scrubber.RunAsync(100_000, clock, cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        long before = scrubber.Report.VerifiedBytes;
        Assert.InRange(before, 1, long.MaxValue);
        while (scrubber.Step(1 << 20))
        {
            Assert.Equal(0, scrubber.Report.PassCount);
        }

        CheckReport check = store.Check();
        Assert.InRange(scrubber.Report.VerifiedBytes, (check.UsedPageCount - 10) * 4096, (check.UsedPageCount + 20) * 4096);
    }

    private static void Fill(Store store)
    {
        using WriteTransaction transaction = store.BeginWrite();
        foreach (byte[] name in new[] { "a"u8.ToArray(), "t"u8.ToArray(), [0], "empty"u8.ToArray() })
        {
            TreeWriter tree = transaction.OpenTree(name);
            for (int i = 0; i < (name.Length == 5 ? 0 : 1500); i++)
            {
                tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(i % 700 == 1 ? 20_000 : 100, (byte)i));
            }
        }

        transaction.Commit(Durability.Flushed);
    }

    private static IEnumerable<ulong> Pages(SimulatedDisk disk, PageKind kind)
    {
        using StorePages pages = StorePages.Open(StoreFixture.StorePath, disk);
        return [.. Enumerable.Range(0, (int)pages.Count).Select(page => pages.Describe(new PageId((ulong)page))).Where(page => page.Kind == kind)
            .Select(page => page.Page.Value)];
    }

    private static void Flip(SimulatedDisk disk, long offset)
    {
        using IDiskFile file = disk.Open(StoreFixture.StorePath, DiskFileMode.Open);
        byte[] one = new byte[1];
        file.Read(offset, one);
        one[0] ^= 16;
        file.Write(offset, one);
    }
}
