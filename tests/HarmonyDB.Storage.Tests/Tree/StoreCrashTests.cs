using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;
using State = System.Collections.Generic.SortedDictionary<byte[], byte[]>;

namespace HarmonyDB.Storage.Tests.Tree;

public sealed class StoreCrashTests
{
    [Theory]
    [InlineData(101, CrashKind.PowerLost)]
    [InlineData(102, CrashKind.PowerLostTorn)]
    [InlineData(103, CrashKind.PowerLostTorn)]
    [InlineData(104, CrashKind.ProcessKilled)]
    public void Open_AfterCrashAtRandomPoints_HasLastDurableStateWhole(int seed, CrashKind kind)
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed);
        var random = new Random(seed);
        var run = new CrashRun(seed);
        for (int crash = 0; crash < 40; crash++)
        {
            // W16: every fourth crash comes at once, during or right after recovery from the one before.
            disk.InjectFault(null, crash % 4 == 3 ? random.Next(1, 12) : random.Next(1, 250), DiskFault.PowerCut);
            Exception? exception = Record.Exception(() => run.WorkUntilPowerCut(disk, random));
            Assert.True(exception is PowerCutException or StoreFailedException, $"Seed {seed}, crash {crash}: {exception}");
            disk.Crash(kind);
            run.AssertRecovered(disk, $"seed {seed}, crash {crash}");
        }
    }

    [Fact]
    public void Open_AfterCrashAtEveryOperationOfOneCommit_HasOldOrNewState()
    {
        int operation = 1;
        bool isFinished = false;
        for (; !isFinished; operation++)
        {
            using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)operation);
            Store store = StoreFixture.Open(disk);
            StoreFixture.Fill(store, 0, 300, 60);
            StoreFixture.Fill(store, 0, 300, 70, Durability.Deferred);
            disk.InjectFault(null, operation, DiskFault.PowerCut);
            isFinished = Record.Exception(() => StoreFixture.Fill(store, 0, 300, 80)) is null;
            store.Dispose();
            disk.Crash(CrashKind.PowerLostTorn);
            using Store reopened = StoreFixture.Open(disk);
            StoreFixture.AssertHealthy(reopened);
            int length = StoreFixture.Get(reopened, StoreFixture.Key(0))!.Length;
            Assert.True(isFinished ? length == 80 : length is 60 or 80, $"Operation {operation}: {length}");
            for (int i = 0; i < 300; i++)
            {
                Assert.Equal(length, StoreFixture.Get(reopened, StoreFixture.Key(i))!.Length);
            }
        }

        Assert.InRange(operation, 5, 200);
    }

    [Fact]
    public void W14_MetaTornAtEveryByte_OpensAtOlderOrNewerState()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using Store first = StoreFixture.Open(disk);
        byte[] before = ReadFile(disk, () =>
        {
            StoreFixture.Put(first, Durability.Flushed, ([1], [0]));
            StoreFixture.Put(first, Durability.Flushed, ([1], [1]));
        });
        byte[] after = ReadFile(disk, () => StoreFixture.Put(first, Durability.Flushed, ([1], [2])));
        int slot = before.AsSpan(0, MetaPage.SizeBytes).SequenceEqual(after.AsSpan(0, MetaPage.SizeBytes)) ? 1 : 0;
        for (int written = 0; written <= MetaPage.SizeBytes; written++)
        {
            byte[] torn = (byte[])after.Clone();
            before.AsSpan((slot * 4096) + written, 4096 - written).CopyTo(torn.AsSpan((slot * 4096) + written));
            using SimulatedDisk tornDisk = WithFile(torn);
            using Store store = StoreFixture.Open(tornDisk);
            StoreFixture.AssertHealthy(store);
            byte[]? value = StoreFixture.Get(store, [1]);
            Assert.Equal(torn.AsSpan().SequenceEqual(after) ? [2] : new byte[] { 1 }, value);

            // And it goes on from there.
            StoreFixture.Put(store, Durability.Flushed, ([1], [3]));
            Assert.Equal([3], StoreFixture.Get(store, [1]));
            StoreFixture.AssertHealthy(store);
        }
    }

    [Fact]
    public void Open_CreationCutByPowerAnywhere_CreatesOrOpensEmptyStore()
    {
        for (int operation = 1; operation < 12; operation++)
        {
            using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)operation);
            disk.InjectFault(null, operation, DiskFault.PowerCut);
            if (Record.Exception(() => StoreFixture.Open(disk).Dispose()) is null)
            {
                Assert.True(operation > 4);
                return;
            }

            disk.Crash(CrashKind.PowerLostTorn);
            using Store store = StoreFixture.Open(disk);
            StoreFixture.Put(store, Durability.Flushed, ([1], [1]));
            StoreFixture.AssertHealthy(store);
        }

        Assert.Fail("Creating a store never finished.");
    }

    internal static byte[] ReadFile(SimulatedDisk disk, Action? action = null)
    {
        action?.Invoke();
        using IDiskFile file = disk.Open(StoreFixture.StorePath, DiskFileMode.ReadOnly);
        byte[] contents = new byte[file.LengthBytes];
        file.Read(0, contents);
        return contents;
    }

    internal static SimulatedDisk WithFile(byte[] contents)
    {
        SimulatedDisk disk = StoreFixture.CreateDisk(maximumFileBytes: 4 << 20);
        using IDiskFile file = disk.Open(StoreFixture.StorePath, DiskFileMode.CreateNew);
        file.Write(0, contents);
        return disk;
    }

    /// <summary>A workload with the states that may be found after a crash.</summary>
    private sealed class CrashRun(int seed)
    {
        private readonly StoreModel _model = new(seed, 500);
        private State _durable = new(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
        private ulong _durableMark;
        private State? _attempted;
        private ulong _attemptedMark;
        private ulong _mark;

        internal void WorkUntilPowerCut(SimulatedDisk disk, Random random)
        {
            Store store = StoreFixture.Open(disk);
            try
            {
                while (true)
                {
                    Commit(store, random, random.Next(3) == 0 ? Durability.Flushed : Durability.Deferred);
                    if (random.Next(4) == 0)
                    {
                        Attempt(_model.Committed, _model.CommittedMark);
                        store.Checkpoint();
                        Acknowledge();
                    }
                }
            }
            finally
            {
                store.Dispose();
            }
        }

        internal void AssertRecovered(SimulatedDisk disk, string where)
        {
            using Store store = StoreFixture.Open(disk);
            StoreFixture.AssertHealthy(store);
            using ReadTransaction reader = store.BeginRead();
            if (_attempted is not null && reader.Mark == _attemptedMark)
            {
                Acknowledge();
            }

            Assert.True(reader.Mark == _durableMark, $"Mark {reader.Mark} instead of {_durableMark}: {where}");
            StoreModel.AssertEqual(_durable, StoreFixture.ReadAll(reader));
            Assert.Equal(_durableMark, store.DurableMark);
            Assert.True(store.OlderDurableMark <= store.DurableMark);
            _attempted = null;
            _model.Restore(_durable, _durableMark);
        }

        private void Commit(Store store, Random random, Durability durability)
        {
            _model.Begin();
            using WriteTransaction transaction = store.BeginWrite();
            transaction.Mark = ++_mark;
            TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
            for (int i = random.Next(1, 60); i > 0; i--)
            {
                _model.Step(tree, deleteShare: 0.4);
            }

            if (durability == Durability.Flushed)
            {
                Attempt(_model.Uncommitted, _mark);
            }

            transaction.Commit(durability);
            _model.Commit(_mark);
            if (durability == Durability.Flushed)
            {
                Acknowledge();
            }
        }

        private void Attempt(State state, ulong mark)
        {
            _attempted = state;
            _attemptedMark = mark;
        }

        private void Acknowledge()
        {
            _durable = _attempted!;
            _durableMark = _attemptedMark;
            _attempted = null;
        }
    }
}
