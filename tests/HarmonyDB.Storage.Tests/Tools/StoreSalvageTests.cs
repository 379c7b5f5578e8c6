using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tests.Tree;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tools;

public sealed class StoreSalvageTests
{
    private const string TargetPath = "/data/salvaged.hdb";

    [Fact]
    public void Salvage_HealthyFile_CopiesEverything()
    {
        byte[] file = CreateFile("t");
        SalvageReport report = Salvage(file, out Dictionary<string, int> values);
        Assert.True(report.IsComplete);
        Assert.Equal(9UL, report.Mark);
        Assert.Equal(2000, values.Count);
        Assert.All(values.Values, static version => Assert.Equal(2, version));
    }

    [Fact]
    public void Salvage_BothMetasLost_FindsTheNewestWholeState()
    {
        byte[] file = CreateFile("t", "other");
        file[40] ^= 1;
        file[4096 + 40] ^= 1;
        SalvageReport report = Salvage(file, out Dictionary<string, int> values);
        Assert.False(report.HasMeta);
        Assert.False(report.IsComplete);
        Assert.Equal(["other", "t"], report.Trees.Select(static tree => System.Text.Encoding.ASCII.GetString(tree.Name)));
        Assert.All(report.Trees, static tree => Assert.True(tree.IsComplete));
        Assert.Equal(4000, values.Count);
        Assert.All(values.Values, static version => Assert.Equal(2, version));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 4)]
    [InlineData(3, 12)]
    public void Salvage_LeavesDamaged_CopiesAllOthersAndNamesWhatIsLost(int seed, int damagedCount)
    {
        byte[] file = CreateFile("t", "other");
        var random = new Random(seed);
        int[] leaves = [.. new DamagedFile(file).NewestLeaves().OrderBy(_ => random.Next()).Take(damagedCount)];
        foreach (int page in leaves)
        {
            file[(page * 4096) + random.Next(4096)] ^= (byte)(1 << random.Next(8));
        }

        SalvageReport report = Salvage(file, out Dictionary<string, int> values);
        Assert.True(report.HasMeta);
        Assert.False(report.IsComplete);
        Assert.Equal(4000, report.Trees.Sum(static tree => tree.ExpectedRecords));
        Assert.Equal(damagedCount, report.Trees.Sum(static tree => tree.LostRanges.Count));
        long lost = report.Trees.Sum(static tree => tree.LostRecords)!.Value;
        Assert.InRange(lost, damagedCount, damagedCount * 60);
        Assert.Equal(4000 - lost, report.Trees.Sum(static tree => tree.CopiedRecords));

        // What was not lost is there in its newest version; what was lost is missing, or there in an older one.
        Assert.Equal(report.Trees.Sum(static tree => tree.CopiedRecords + tree.OlderRecords), values.Count);
        Assert.Equal(4000 - lost, values.Keys.Count(key => !report.Trees.Any(tree => tree.LostRanges.Any(range => IsIn(range, key, tree.Name)))));
        foreach ((string key, int version) in values)
        {
            bool isLost = report.Trees.Any(tree => tree.LostRanges.Any(range => IsIn(range, key, tree.Name)));
            Assert.True(isLost || version == 2, $"Seed {seed}: {key} is there in version {version}.");
        }
    }

    [Fact]
    public void Salvage_RootOfTheOnlyTreeLost_FindsRecordsInItsLeaves()
    {
        byte[] file = CreateFile("t");
        CheckReport healthy = Check(file);
        Assert.True(healthy.IsHealthy);
        int root = Enumerable.Range(2, (file.Length / 4096) - 2).Where(page => file[(page * 4096) + PageHeader.TypeOffset] == (byte)PageType.Branch)
            .MaxBy(page => BitConverter.ToUInt64(file, (page * 4096) + PageHeader.TxIdOffset));
        file[(root * 4096) + 100] ^= 4;
        CheckReport damaged = Check(file);
        Assert.False(damaged.IsHealthy);
        Assert.Contains(damaged.Problems, problem => problem.StartsWith($"Page {root}:", StringComparison.Ordinal));

        SalvageReport report = Salvage(file, out Dictionary<string, int> values);
        Assert.Equal(2000, values.Count);
        Assert.All(values.Values, static version => Assert.Equal(2, version));
        Assert.Equal(2000, report.Trees.Single().OlderRecords);
        Assert.Equal(2000, report.Trees.Single().LostRecords);
    }

    [Fact]
    public void Salvage_NoTreeOfTrees_PutsTheNewestVersionsIntoOneTree()
    {
        byte[] file = CreateFile("t");
        file[40] ^= 1;
        file[4096 + 40] ^= 1;
        foreach (int page in Enumerable.Range(2, (file.Length / 4096) - 2))
        {
            Span<byte> bytes = file.AsSpan(page * 4096, 4096);
            if (bytes[PageHeader.TypeOffset] == (byte)PageType.Leaf && BitConverter.ToUInt16(bytes[PageHeader.CountOffset..]) == 1)
            {
                bytes[PageHeader.TxIdOffset] ^= 1;
            }
        }

        SalvageReport report = Salvage(file, out Dictionary<string, int> values);
        Assert.Equal(StoreSalvage.UnnamedTree.ToArray(), report.Trees.Single().Name);
        Assert.Equal(2000, values.Count);
        Assert.All(values.Values, static version => Assert.Equal(2, version));
    }

    [Fact]
    public void Salvage_ValueDamaged_LosesThatRecordOnly()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Put(store, Durability.Flushed, ([1], StoreFixture.Bytes(70_000, 1)), ([2], StoreFixture.Bytes(70_000, 2)), ([3], [3]));
        }

        byte[] file = StoreCrashTests.ReadFile(disk);
        file[file.AsSpan().IndexOf(StoreFixture.Bytes(100, 2)) + 5000] ^= 1;
        using SimulatedDisk damagedDisk = StoreCrashTests.WithFile(file);
        SalvageReport report = StoreSalvage.Run(StoreFixture.StorePath, TargetPath, damagedDisk);
        LostRange lost = Assert.Single(report.Trees.Single().LostRanges);
        Assert.Equal([2], lost.From);
        Assert.Equal([2, 0], lost.To);
        Assert.Equal(1, report.Trees.Single().LostRecords);
    }

    [Fact]
    public void Salvage_NotAStore_Throws()
    {
        byte[] noise = new byte[100_000];
        new Random(1).NextBytes(noise);
        using SimulatedDisk disk = StoreCrashTests.WithFile(noise);
        Assert.Throws<StoreDamagedException>(() => StoreSalvage.Run(StoreFixture.StorePath, TargetPath, disk));
        Assert.False(disk.FileExists(TargetPath));
        Assert.False(StoreFileCheck.Run(StoreFixture.StorePath, disk).IsHealthy);
    }

    [Theory]
    [InlineData(21)]
    [InlineData(22)]
    public void SalvageAndCheck_RandomDamage_NeverFailAndNeverInvent(int seed)
    {
        byte[] healthy = CreateFile("t");
        var random = new Random(seed);
        for (int round = 0; round < 40; round++)
        {
            byte[] file = (byte[])healthy.Clone();
            for (int i = random.Next(1, 40); i > 0; i--)
            {
                int at = random.Next(file.Length - 600);
                random.NextBytes(file.AsSpan(at, random.Next(1, 600)));
            }

            CheckReport check = Check(file);
            try
            {
                SalvageReport report = Salvage(file, out Dictionary<string, int> values);
                Assert.True(values.Count <= 2000);
                Assert.True(!report.IsComplete || values.Count == 2000, $"Seed {seed}, round {round}.");
            }
            catch (StoreDamagedException)
            {
                Assert.False(check.IsHealthy);
            }
        }
    }

    /// <summary>Two versions of 2,000 records in each tree, by some transactions; the second version is everywhere.</summary>
    private static byte[] CreateFile(params string[] trees)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            for (int version = 1; version <= 2; version++)
            {
                for (int part = 0; part < 4; part++)
                {
                    using WriteTransaction transaction = store.BeginWrite();
                    transaction.Mark = 9;
                    foreach (string name in trees)
                    {
                        TreeWriter tree = transaction.OpenTree(System.Text.Encoding.ASCII.GetBytes(name));
                        for (int i = part * 500; i < (part * 500) + 500; i++)
                        {
                            tree.Put([(byte)name[0], .. StoreFixture.Key(i)], StoreFixture.Bytes(80, (byte)version));
                        }
                    }

                    transaction.Commit(Durability.Flushed);
                }
            }

            Assert.True(store.Check().IsHealthy);
        }

        return StoreCrashTests.ReadFile(disk);
    }

    private static CheckReport Check(byte[] file)
    {
        using SimulatedDisk disk = StoreCrashTests.WithFile(file);
        CheckReport report = StoreFileCheck.Run(StoreFixture.StorePath, disk);
        Assert.Equal(file, StoreCrashTests.ReadFile(disk));
        return report;
    }

    private static SalvageReport Salvage(byte[] file, out Dictionary<string, int> values)
    {
        using SimulatedDisk disk = StoreCrashTests.WithFile(file);
        SalvageReport report = StoreSalvage.Run(StoreFixture.StorePath, TargetPath, disk);
        Assert.Equal(file, StoreCrashTests.ReadFile(disk));
        values = [];
        using var store = Store.Open(TargetPath, new StoreOptions { Disk = disk });
        StoreFixture.AssertHealthy(store);
        using ReadTransaction reader = store.BeginRead();
        foreach (byte[] name in reader.ListTrees())
        {
            reader.TryOpenTree(name, out TreeReader tree);
            foreach (KeyRange.Entry entry in tree.Range(default, default))
            {
                Assert.Equal(StoreFixture.Bytes(80, entry.Value[0]), entry.Value.ToArray());
                values.Add(System.Text.Encoding.ASCII.GetString(entry.Key), entry.Value[0]);
            }
        }

        return report;
    }

    private static bool IsIn(LostRange range, string key, byte[] treeName)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(key);
        return bytes[0] == treeName[0] && (range.From is not { } from || bytes.AsSpan().SequenceCompareTo(from) >= 0)
            && (range.To is not { } to || bytes.AsSpan().SequenceCompareTo(to) < 0);
    }
}
