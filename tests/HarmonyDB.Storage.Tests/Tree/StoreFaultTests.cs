using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Faults that other stores of this kind had, by their ids, as far as no other test class has them.</summary>
public sealed class StoreFaultTests
{
    [Fact]
    public void B1_B3_PageFreeAndInUse_CheckNoticesEachKind()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 400, 100);
        using ReadTransaction reader = store.BeginRead();
        ulong root = reader.Snapshot.Root;
        ulong pageCount = (ulong)store.Statistics.PageCount;
        Assert.Contains(Check([root], []), problem => problem.StartsWith($"Page {root}:", StringComparison.Ordinal));
        Assert.Contains(Check([], [new RetiredPages(root, 1, 0)]), problem => problem.StartsWith($"Page {root}:", StringComparison.Ordinal));
        Assert.Contains(Check([], [new RetiredPages(pageCount, 1, 0), new RetiredPages(pageCount, 1, 0)]), problem => problem.Contains("twice", StringComparison.Ordinal));

        // A page that nothing accounts for is lost for ever.
        pageCount++;
        Assert.Contains(Check([], []), problem => problem.StartsWith($"Page {pageCount - 1}: nothing points to it", StringComparison.Ordinal));

        IReadOnlyList<string> Check(ulong[] free, RetiredPages[] pending)
        {
            var bitmap = new PageBitmap();
            foreach (ulong page in free)
            {
                bitmap.Add(page);
            }

            return new Checker(store.File, reader.Snapshot, bitmap, pending, pageCount, null, default).Run().Problems;
        }
    }

    [Theory]
    [InlineData(31, 300)]
    [InlineData(32, 300)]
    public void B1_B3_CheckAfterEveryCommit_AccountsForEveryPage(int seed, int commits)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed);
        using Store store = StoreFixture.Open(disk);
        var random = new Random(seed);
        var model = new StoreModel(seed, 300);
        for (int i = 0; i < commits; i++)
        {
            using (WriteTransaction transaction = store.BeginWrite())
            {
                model.Begin();
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                for (int step = random.Next(1, 30); step > 0; step--)
                {
                    model.Step(tree, 0.5);
                }

                if (random.Next(4) != 0)
                {
                    transaction.Commit(random.Next(2) == 0 ? Durability.Flushed : Durability.Deferred);
                    model.Commit(0);
                }
            }

            CheckReport report = store.Check();
            Assert.True(report.IsHealthy, $"Seed {seed}, commit {i}: {string.Join(' ', report.Problems)}");
        }
    }

    [Fact]
    public void B2_FreelistPointerToAnotherPage_IsDamage()
    {
        foreach (PageType type in new[] { PageType.Leaf, PageType.Branch })
        {
            DamagedFile file = DamagedFile.Create();
            ulong wrong = (ulong)file.PagesOf(type)[0];
            file.ChangeMetas(meta => meta with { MapRoot = wrong });
            using SimulatedDisk disk = file.OnDisk();
            Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(disk, checks: false));
        }

        foreach (ulong outside in new[] { 1UL, 100_000UL, ulong.MaxValue })
        {
            DamagedFile file = DamagedFile.Create();
            file.ChangeMetas(meta => meta with { MapRoot = outside });
            using SimulatedDisk disk = file.OnDisk();
            Assert.Throws<StoreDamagedException>(() => StoreFixture.Open(disk, checks: false));
        }
    }

    [Fact]
    public void B7_AbortAfterGrowthFailed_LeavesStateAsBefore()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 400, 100);
        store.BeginWrite().Dispose();
        StoreStatistics before = store.Statistics;
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            tree.Put([1], StoreFixture.Bytes(90, 1));
            disk.InjectFault(DiskOperationKind.Allocate, 1, DiskFault.DiskFull);
            Assert.Throws<DiskFullException>(() => tree.Put([2], StoreFixture.Bytes(3_000_000, 1)));
        }

        StoreStatistics after = store.Statistics;
        Assert.Equal(before.PageCount, after.PageCount);
        Assert.Equal(before.FreePageCount, after.FreePageCount);
        Assert.Null(StoreFixture.Get(store, [1]));
        StoreFixture.Fill(store, 0, 1000, 300);
    }

    [Theory]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    public void B14_EntriesAroundTheLimitOfSixteenBits_AreAllThere(int count)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk, pageSizeBytes: StoreLimits.PageBytesMaximum);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < count; i++)
            {
                tree.Put([(byte)(i >> 16), (byte)(i >> 8), (byte)i], []);
            }

            transaction.Commit(Durability.Flushed);
        }

        using ReadTransaction reader = store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader all));
        Assert.Equal(count, all.Count);
        int next = 0;
        foreach (KeyRange.Entry entry in all.Range(default, default))
        {
            Assert.Equal(next++, (entry.Key[0] << 16) | (entry.Key[1] << 8) | entry.Key[2]);
        }

        Assert.Equal(count, next);

        // What makes it safe: not even the smallest entries fill a page's 16-bit count.
        Assert.True(StoreLimits.PageBytesMaximum / NodePage.LeafSlotBytes < ushort.MaxValue);
    }

    [Fact]
    public void B15_B16_ValueAboveTheLimit_IsRefusedAtOnce()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        Assert.Throws<ArgumentOutOfRangeException>(() => tree.Put([1], new byte[StoreLimits.ValueBytesMaximum + 1]));
        tree.Put([1], [1]);
        transaction.Commit(Durability.Flushed);
        Assert.Equal([1], StoreFixture.Get(store, [1]));
    }

    [Fact]
    public void B19_UseAfterDispose_ThrowsOnEveryMember()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 100, 100);
        ReadTransaction reader = store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        Cursor cursor = tree.OpenCursor();
        Assert.True(cursor.SeekFirst());
        reader.Dispose();
        AssertEnded(tree, ref cursor);
        Assert.Throws<ObjectDisposedException>(() => reader.TryOpenTree("t"u8, out _));
        Assert.Throws<ObjectDisposedException>(() => reader.ListTrees());
        Assert.Throws<ObjectDisposedException>(() => reader.TxId);

        // The pooled object in its next life is no business of the handles of its last one.
        using (store.BeginRead())
        {
            AssertEnded(tree, ref cursor);
        }

        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.BeginRead());
        Assert.Throws<ObjectDisposedException>(() => store.BeginWrite());
        Assert.Throws<ObjectDisposedException>(() => store.Checkpoint());
        Assert.Throws<ObjectDisposedException>(() => store.Check());
        Assert.Throws<ObjectDisposedException>(() => store.Statistics);
    }

    [Fact]
    public void B20_InputChangedAfterPut_DoesNotReachTheStore()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        byte[] name = "name"u8.ToArray();
        TreeWriter other = transaction.OpenTree(name);
        foreach (int length in new[] { 1, 100, 5000 })
        {
            byte[] key = StoreFixture.Key(length);
            byte[] value = StoreFixture.Bytes(length, 7);
            tree.Put(key, value);
            other.Put(key, value);
            Array.Fill(key, (byte)1);
            Array.Fill(value, (byte)1);
            Assert.True(tree.TryGet(StoreFixture.Key(length), out ReadOnlySpan<byte> stored) && stored.IndexOfAnyExcept((byte)7) < 0);
        }

        Array.Fill(name, (byte)'x');
        transaction.Commit(Durability.Flushed);
        using ReadTransaction reader = store.BeginRead();
        Assert.Equal(["name"u8.ToArray(), StoreFixture.TreeName.ToArray()], reader.ListTrees());
    }

    [Fact]
    public void B21_AbandonedReader_IsVisibleAndItsPagesComeBack()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 400, 100);
        ReadTransaction abandoned = store.BeginRead("abandoned");
        for (int i = 0; i < 50; i++)
        {
            StoreFixture.Fill(store, 0, 400, 100 + i, Durability.Deferred);
        }

        ReaderInfo info = Assert.Single(store.Statistics.Readers);
        Assert.Equal("abandoned", info.Name);
        Assert.Equal(abandoned.TxId, info.TxId);

        // It pins its own state only, not everything since.
        long pages = store.Statistics.PageCount;
        Assert.InRange(pages, 1, 150);
        abandoned.Dispose();
        for (int i = 0; i < 50; i++)
        {
            StoreFixture.Fill(store, 0, 400, 100 + i, Durability.Deferred);
        }

        Assert.InRange(store.Statistics.PageCount, 1, pages);
    }

    [Fact]
    public void B23_ChildNewerThanParent_CheckNotices()
    {
        DamagedFile file = DamagedFile.Create();
        int leaf = file.NewestLeaves()[1];
        BitConverter.TryWriteBytes(file.Page(leaf)[PageHeader.TxIdOffset..], file.Transaction(leaf) + 100);
        file.Seal(leaf);
        using SimulatedDisk disk = file.OnDisk();
        using Store store = StoreFixture.Open(disk, checks: false);
        Assert.Contains(store.Check().Problems, problem => problem.Contains("B23", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void B25_GrowthFailsHalfWay_ReadsGoOn(bool inMapping)
    {
        using SimulatedDisk simulated = StoreFixture.CreateDisk();
        var disk = new MapFaultDisk(simulated);
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 400, 100);
        using ReadTransaction reader = store.BeginRead();
        if (inMapping)
        {
            disk.FailsToMap = true;
        }
        else
        {
            // A step that does not fit is tried once more as short as it can be.
            simulated.InjectFault(DiskOperationKind.Allocate, 1, DiskFault.DiskFull);
            simulated.InjectFault(DiskOperationKind.Allocate, 2, DiskFault.DiskFull);
        }

        Assert.ThrowsAny<IOException>(() => StoreFixture.Fill(store, 0, 4000, 200));
        Assert.Equal(400, StoreFixture.ReadAll(reader).Count);
        Assert.Equal(100, StoreFixture.Get(store, StoreFixture.Key(1))!.Length);
        StoreFixture.AssertHealthy(store);
        disk.FailsToMap = false;
        if (!inMapping)
        {
            StoreFixture.Fill(store, 0, 4000, 200);
            Assert.Equal(4000, store.Check().EntryCount);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void B26_CursorThatMetDamage_DoesNotGoOn(bool forward)
    {
        DamagedFile file = DamagedFile.Create();
        int[] leaves = file.NewestLeaves();
        file.Page(leaves[leaves.Length / 2])[2000] ^= 1;
        using SimulatedDisk disk = file.OnDisk();
        using Store store = StoreFixture.Open(disk, checks: false);
        using ReadTransaction reader = store.BeginRead();
        Assert.True(reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree));
        Cursor cursor = tree.OpenCursor();
        int visited = 0;
        bool isDamaged = false;
        try
        {
            while (forward ? cursor.Next() : cursor.Previous())
            {
                visited++;
            }
        }
        catch (StoreDamagedException)
        {
            isDamaged = true;
        }

        Assert.True(isDamaged && visited is > 0 and < 400, $"{visited}");
        for (int i = 0; i < 3; i++)
        {
            bool isRefused = false;
            try
            {
                _ = i == 1 ? cursor.Previous() : cursor.Next();
            }
            catch (InvalidOperationException)
            {
                isRefused = true;
            }

            Assert.True(isRefused && !cursor.IsOnEntry);
        }

        Assert.True(cursor.SeekFirst() && cursor.Key.SequenceEqual(StoreFixture.Key(0)));
        cursor.Dispose();
    }

    [Fact]
    public void B27_TransactionThatMetDamage_CannotCommit()
    {
        DamagedFile file = DamagedFile.Create();
        foreach (int leaf in file.NewestLeaves())
        {
            file.Page(leaf)[3000] ^= 1;
        }

        using SimulatedDisk disk = file.OnDisk();
        using Store store = StoreFixture.Open(disk, checks: false);
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        Assert.Throws<StoreDamagedException>(() => tree.Put(StoreFixture.Key(5), [1]));
        Assert.Throws<InvalidOperationException>(() => tree.Put(StoreFixture.Key(5), [1]));
        Assert.Throws<InvalidOperationException>(() => transaction.Commit(Durability.Flushed));
    }

    [Fact]
    public void B32_HealthyFiles_AreCalledHealthyAndStayAsTheyAre()
    {
        var random = new Random(32);
        for (int i = 0; i < 60; i++)
        {
            using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)i);
            using (Store store = StoreFixture.Open(disk))
            {
                for (int commit = random.Next(0, 6); commit > 0; commit--)
                {
                    int from = random.Next(500);
                    StoreFixture.Fill(store, from, from + random.Next(1, 300), random.Next(0, 2000), random.Next(2) == 0 ? Durability.Flushed : Durability.Deferred);
                }
            }

            byte[] before = StoreCrashTests.ReadFile(disk);
            CheckReport report = HarmonyDB.Storage.Tools.StoreFileCheck.Run(StoreFixture.StorePath, disk);
            Assert.True(report.IsHealthy, string.Join(' ', report.Problems));
            Assert.Equal(before, StoreCrashTests.ReadFile(disk));
        }
    }

    [Fact]
    public void B33_PageSaysItIsAnother_IsDamageOnFirstTouch()
    {
        DamagedFile file = DamagedFile.Create();
        int leaf = file.NewestLeaves()[1];
        BitConverter.TryWriteBytes(file.Page(leaf)[PageHeader.PageIdOffset..], (ulong)leaf + 1);
        file.Seal(leaf);
        using SimulatedDisk disk = file.OnDisk();
        using Store store = StoreFixture.Open(disk, checks: false);
        using ReadTransaction reader = store.BeginRead();
        StoreDamagedException damage = Assert.Throws<StoreDamagedException>(() => StoreFixture.ReadAll(reader));
        Assert.Equal((ulong)leaf, damage.Page.Value);
    }

    [Fact]
    public void B34_EverythingEmptied_StatisticsAndCheckGoOn()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        Assert.Empty(store.Check().Trees);
        StoreFixture.Fill(store, 0, 2000, 100);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = 0; i < 2000; i++)
            {
                tree.Delete(StoreFixture.Key(i));
            }

            transaction.Commit(Durability.Flushed);
        }

        TreeReport report = Assert.Single(store.Check().Trees);
        Assert.Equal((0L, 0, 0L), (report.EntryCount, report.Levels, report.LeafPageCount));
        Assert.True(store.Statistics.PageCount > 0);
    }

    [Fact]
    public void B38_ExceptionsOutOfTransactions_LeakNoPages()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store store = StoreFixture.Open(disk);
        StoreFixture.Fill(store, 0, 400, 100);
        long pages = 0;
        for (int i = 0; i < 100; i++)
        {
            Assert.Throws<FormatException>(() => FillAndThrow(store));
            pages = i == 3 ? store.Statistics.PageCount : pages;
        }

        Assert.Equal(pages, store.Statistics.PageCount);
        StoreFixture.Fill(store, 0, 400, 100);
    }

    [Fact]
    public void B40_MappingOfTheFile_IsNeverWritableAndShared()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        string folder = Directory.CreateTempSubdirectory("harmony-map-").FullName;
        try
        {
            string path = Path.Combine(folder, "mapped.hdb");
            using Store store = Store.Open(path, new StoreOptions { Disk = new SystemDisk(), ChecksOnDispose = true });
            StoreFixture.Fill(store, 0, 5000, 100);
            string[] mappings = [.. File.ReadLines("/proc/self/maps").Where(line => line.EndsWith("mapped.hdb", StringComparison.Ordinal))];
            Assert.NotEmpty(mappings);
            Assert.All(mappings, static line => Assert.Equal("rw-p", line.Split(' ')[1]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertEnded(TreeReader tree, ref Cursor cursor)
    {
        Assert.Throws<ObjectDisposedException>(() => tree.TryGet([1], out _));
        Assert.Throws<ObjectDisposedException>(() => tree.Count);
        Assert.Throws<ObjectDisposedException>(() => tree.OpenCursor());
        for (int i = 0; i < 5; i++)
        {
            bool isRefused = false;
            try
            {
                _ = i switch { 0 => cursor.Next(), 1 => cursor.Previous(), 2 => cursor.SeekExact([1]), 3 => cursor.Key.IsEmpty, _ => cursor.Value.IsEmpty };
            }
            catch (ObjectDisposedException)
            {
                isRefused = true;
            }

            Assert.True(isRefused, $"Member {i}.");
        }
    }

    private static void FillAndThrow(Store store)
    {
        using WriteTransaction transaction = store.BeginWrite();
        TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
        for (int i = 0; i < 300; i++)
        {
            tree.Put(StoreFixture.Key(i), StoreFixture.Bytes(i % 50 == 0 ? 9000 : 200, 3));
        }

        throw new FormatException("As a caller's own code may.");
    }
}
