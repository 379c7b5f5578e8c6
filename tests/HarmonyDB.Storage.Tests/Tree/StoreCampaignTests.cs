using System.Buffers.Binary;
using System.Globalization;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>
/// Millions of operations against a model, with commits, aborts, checkpoints, reopening and crashes. The model is one number for each key
/// that there could be: the version of its value, from which the value follows, or 0.
/// </summary>
public sealed class StoreCampaignTests
{
    private const int OperationsPerSeed = 550_000;

    /// <summary>With this variable set, each seed runs that many operations instead.</summary>
    private const string OperationsVariable = "HARMONY_CAMPAIGN_OPERATIONS";

    [Theory]
    [InlineData(1001, 4096, 3_000)]
    [InlineData(1002, 4096, 60_000)]
    [InlineData(1003, 16384, 20_000)]
    [InlineData(1004, 4096, 300)]
    public void Store_MillionsOfOperations_EqualsModel(int seed, int pageSizeBytes, int keyCount)
    {
        long operations = long.Parse(
            Environment.GetEnvironmentVariable(OperationsVariable) ?? $"{OperationsPerSeed}", NumberStyles.None, CultureInfo.InvariantCulture);
        using SimulatedDisk disk = StoreFixture.CreateDisk((ulong)seed, 512L << 20);
        using var campaign = new Campaign(disk, seed, pageSizeBytes, keyCount);
        while (campaign.Operations < operations)
        {
            campaign.RunTransaction();
        }

        campaign.AssertEqual();
        Assert.True(campaign.Puts > operations / 5 && campaign.Reopened > 5, $"Seed {seed}: {campaign.Puts} puts, reopened {campaign.Reopened} times.");
    }

    private sealed class Campaign : IDisposable
    {
        private readonly SimulatedDisk _disk;
        private readonly Random _random;
        private readonly string _name;
        private readonly byte[][] _keys;
        private readonly byte[] _value = new byte[20_000];
        private int[] _committed;
        private int[] _durable;
        private Store _store;
        private int _version;

        internal Campaign(SimulatedDisk disk, int seed, int pageSizeBytes, int keyCount)
        {
            _disk = disk;
            _random = new Random(seed);
            _name = $"Seed {seed}";
            var keys = new SortedSet<byte[]>(Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)));
            var model = new StoreModel(seed, keyCount);
            while (keys.Count < keyCount)
            {
                byte[] key = _random.Next(2) == 0 ? model.NextKey() : new byte[_random.Next(1, 24)];
                if (key[^1] == 0)
                {
                    _random.NextBytes(key);
                }

                keys.Add(key);
            }

            _keys = [.. keys];
            _committed = new int[keyCount];
            _durable = _committed;
            _store = StoreFixture.Open(disk, pageSizeBytes);
        }

        internal long Operations { get; private set; }

        internal long Puts { get; private set; }

        internal int Reopened { get; private set; }

        public void Dispose() => _store.Dispose();

        internal void RunTransaction()
        {
            int[] state = (int[])_committed.Clone();
            double deleteShare = _random.Next(4) switch { 0 => 0.05, 1 or 2 => 0.4, _ => 0.9 };
            int batch = _random.Next(1, 6000);
            using (WriteTransaction transaction = _store.BeginWrite())
            {
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                for (int i = 0; i < batch; i++)
                {
                    Step(tree, state, deleteShare);
                }

                Operations += batch;
                if (_random.Next(5) != 0)
                {
                    Durability durability = _random.Next(3) == 0 ? Durability.Flushed : Durability.Deferred;
                    transaction.Commit(durability);
                    _committed = state;
                    _durable = durability == Durability.Flushed ? state : _durable;
                }
            }

            switch (_random.Next(12))
            {
                case 0:
                    _store.Checkpoint();
                    _durable = _committed;
                    break;
                case 1:
                    Reopen(crashes: false);
                    break;
                case 2:
                    Reopen(crashes: true);
                    break;
                case 3:
                    AssertEqual();
                    break;
            }
        }

        internal void AssertEqual()
        {
            StoreFixture.AssertHealthy(_store);
            using ReadTransaction reader = _store.BeginRead();
            if (!reader.TryOpenTree(StoreFixture.TreeName, out TreeReader tree))
            {
                Assert.DoesNotContain(_committed, static version => version != 0);
                return;
            }

            using Cursor cursor = tree.OpenCursor();
            for (int i = 0; i < _keys.Length; i++)
            {
                if (_committed[i] != 0)
                {
                    Assert.True(cursor.Next() && cursor.Key.SequenceEqual(_keys[i]), $"{_name}, operation {Operations}: key {i} is not next.");
                    Assert.True(cursor.Value.SequenceEqual(Value(i, _committed[i])), $"{_name}, operation {Operations}: key {i} has another value.");
                }
            }

            Assert.False(cursor.Next());
        }

        private void Step(TreeWriter tree, int[] state, double deleteShare)
        {
            int key = _random.Next(_keys.Length);
            if (_random.Next(4) == 0)
            {
                bool found = tree.TryGet(_keys[key], out ReadOnlySpan<byte> value);
                bool isRight = found == (state[key] != 0) && (!found || value.SequenceEqual(Value(key, state[key])));
                Assert.True(isRight, $"{_name}, operation {Operations}: key {key} is read wrongly.");
            }
            else if (_random.NextDouble() < deleteShare)
            {
                Assert.True(tree.Delete(_keys[key]) == (state[key] != 0), $"{_name}, operation {Operations}: key {key} is deleted wrongly.");
                state[key] = 0;
            }
            else
            {
                Puts++;
                state[key] = ++_version;
                tree.Put(_keys[key], Value(key, _version));
            }
        }

        private void Reopen(bool crashes)
        {
            if (crashes)
            {
                _store.Dispose();
                _disk.Crash(_random.Next(2) == 0 ? CrashKind.PowerLost : CrashKind.PowerLostTorn);
            }
            else
            {
                _store.Checkpoint();
                _store.Dispose();
                _durable = _committed;
            }

            _store = StoreFixture.Open(_disk);
            _committed = _durable;
            Reopened++;
            AssertEqual();
        }

        private ReadOnlySpan<byte> Value(int key, int version)
        {
            int length = (version % 97) switch { 0 => 0, 1 => 4000 + (version % 16_000), < 8 => 600 + (key % 600), _ => 4 + ((key + version) % 120) };
            Span<byte> value = _value.AsSpan(0, length);
            value.Fill((byte)key);
            if (length >= 8)
            {
                BinaryPrimitives.WriteInt32LittleEndian(value, version);
                BinaryPrimitives.WriteInt32LittleEndian(value[^4..], version);
            }

            return value;
        }
    }
}
