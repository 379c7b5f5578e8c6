using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Whatever the store calls free is overwritten with noise at once, so that a page which somebody still needed shows.</summary>
public sealed class StorePoisonTests
{
    [Theory]
    [InlineData(61, 250)]
    [InlineData(62, 250)]
    [InlineData(63, 250)]
    public void B6_FreePagesPoisoned_ReadersOfRandomStatesAndCrashesSeeNothingOfIt(int seed, int commits)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed);
        var random = new Random(seed);
        var model = new StoreModel(seed, 400);
        Store store = StoreFixture.Open(disk);
        var readers = new List<(ReadTransaction Reader, SortedDictionary<byte[], byte[]> State)>();
        SortedDictionary<byte[], byte[]> durable = model.Committed;
        long poisoned = 0;
        for (int i = 0; i < commits; i++)
        {
            model.Begin();
            using (WriteTransaction transaction = store.BeginWrite())
            {
                // Beginning reclaims; what is free now can be written by anybody at any time.
                poisoned += Poison(store, disk, random);
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                for (int step = random.Next(1, 40); step > 0; step--)
                {
                    model.Step(tree, random.Next(3) == 0 ? 0.9 : 0.4);
                }

                Durability durability = random.Next(3) == 0 ? Durability.Flushed : Durability.Deferred;
                transaction.Commit(durability);
                model.Commit(0);
                durable = durability == Durability.Flushed ? model.Committed : durable;
            }

            poisoned += Poison(store, disk, random);
            ChurnReaders(store, model, random, readers, $"seed {seed}, commit {i}");
            if (random.Next(20) == 0)
            {
                store.Checkpoint();
                durable = model.Committed;
                poisoned += Poison(store, disk, random);
            }

            if (random.Next(10) == 0)
            {
                // The poison is in the file of the crashed copy, too: recovery must not need a page that was free.
                using SimulatedDisk crashed = disk.CrashedCopy(CrashKind.ProcessKilled, (ulong)i);
                using Store recovered = StoreFixture.Open(crashed);
                using ReadTransaction reader = recovered.BeginRead();
                StoreModel.AssertEqual(durable, StoreFixture.ReadAll(reader));
            }
        }

        foreach ((ReadTransaction reader, SortedDictionary<byte[], byte[]> state) in readers)
        {
            StoreModel.AssertEqual(state, StoreFixture.ReadAll(reader));
            reader.Dispose();
        }

        Assert.True(poisoned > commits, $"Only {poisoned} pages were poisoned.");
        store.Dispose();
    }

    private static void ChurnReaders(
        Store store, StoreModel model, Random random, List<(ReadTransaction Reader, SortedDictionary<byte[], byte[]> State)> readers, string where)
    {
        if (random.Next(2) == 0)
        {
            readers.Add((store.BeginRead(where), model.Committed));
        }

        while (readers.Count > 12 || (readers.Count > 0 && random.Next(4) == 0))
        {
            int index = random.Next(readers.Count);
            Exception? failure = Record.Exception(() => StoreModel.AssertEqual(readers[index].State, StoreFixture.ReadAll(readers[index].Reader)));
            Assert.True(failure is null, $"A reader did not see its state ({where}): {failure}");
            readers[index].Reader.Dispose();
            readers.RemoveAt(index);
        }
    }

    /// <summary>Overwrites pages that are free, but not those that the open write transaction has taken.</summary>
    private static unsafe int Poison(Store store, SimulatedDisk disk, Random random)
    {
        using IDiskFile file = disk.Open(StoreFixture.StorePath, DiskFileMode.Open);
        byte[] noise = new byte[store.PageSizeBytes];
        random.NextBytes(noise);
        int count = 0;
        foreach (ulong page in store.ListFreePages())
        {
            long offset = (long)page * store.PageSizeBytes;
            if (offset + store.PageSizeBytes <= file.LengthBytes)
            {
                file.Write(offset, noise);
                noise.CopyTo(new Span<byte>(store.File.Mapping.BeginChange(page), store.PageSizeBytes));
                count++;
            }
        }

        return count;
    }
}
