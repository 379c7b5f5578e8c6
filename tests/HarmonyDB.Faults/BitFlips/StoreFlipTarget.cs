using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.BitFlips;

/// <summary>A store file with two durable states, disposed in good order or not.</summary>
internal sealed class StoreFlipTarget : FlipTarget
{
    private const int KeyCount = 90;
    private const int GranuleBytes = 64;

    private readonly byte[] _healthy;
    private readonly bool _isDisposed;
    private readonly int _pageBytes;
    private readonly StoreContent[] _states = new StoreContent[2];

    // Pieces of the file that reading everything touches: there, every flip must be refused.
    private readonly bool[] _touched;

    public StoreFlipTarget(bool isDisposed)
    {
        _isDisposed = isDisposed;
        using var disk = CrashImage.Empty.ToDisk(0);
        using (var store = Store.Open(CrashImage.StorePath, FolderContent.StoreOptions(disk)))
        {
            _pageBytes = store.PageSizeBytes;
            for (var state = 0; state < _states.Length; state++)
            {
                Fill(store, state);
                _states[state] = StoreContent.Read(store);
            }

            _healthy = ReadFile(disk);
        }

        _healthy = isDisposed ? ReadFile(disk) : _healthy;
        _touched = new bool[_healthy.Length / GranuleBytes];
        for (var granule = 0; granule < _touched.Length; granule++)
        {
            _touched[granule] = IsTouched(granule * GranuleBytes) && IsTouched(((granule + 1) * GranuleBytes) - 1);
        }

        TouchedBytes = _touched.Count(touched => touched) * GranuleBytes;
    }

    public override string Name => "store";

    public override ReadOnlyMemory<byte> Bytes => _healthy;

    /// <summary>How much of the file must not change unnoticed.</summary>
    public int TouchedBytes { get; }

    public override FlipOutcome Try(byte[] bytes, int start, int end)
    {
        var outcome = Read(bytes);
        var isMeta = start < 2 * _pageBytes;
        var isTouched = start / GranuleBytes == (end - 1) / GranuleBytes && _touched[start / GranuleBytes];
        return outcome switch
        {
            FlipOutcome.Unharmed when isTouched && !isMeta => throw new CrashCheckException("damage to a page that was read went unnoticed"),
            FlipOutcome.TakenBack when _isDisposed => throw new CrashCheckException("a commit that was confirmed was taken back"),
            _ => outcome,
        };
    }

    private static void Fill(Store store, int state)
    {
        using var transaction = store.BeginWrite();
        transaction.Mark = (ulong)state + 1;
        var tree = transaction.OpenTree(StoreState.TreeName);
        for (var key = 0; key < KeyCount; key++)
        {
            if (state == 0 || key % 3 == 0)
            {
                var value = new byte[key % 30 == 29 ? 6_000 : 100 + key];
                new Random((key * 2) + state).NextBytes(value);
                tree.Put(StoreState.KeyOf(key), value);
            }
        }

        tree.Delete(StoreState.KeyOf(50 + state));
        transaction.Commit(Durability.Flushed);
    }

    private static byte[] ReadFile(SimulatedDisk disk)
    {
        using var file = disk.Open(CrashImage.StorePath, DiskFileMode.ReadOnly);
        var bytes = new byte[file.LengthBytes];
        file.Read(0, bytes);
        return bytes;
    }

    private bool IsTouched(int offset)
    {
        var bytes = (byte[])_healthy.Clone();
        bytes[offset] ^= 0xFF;
        return Read(bytes) == FlipOutcome.Refused;
    }

    private FlipOutcome Read(byte[] bytes)
    {
        using var disk = new CrashImage([(CrashImage.StorePath, bytes)]).ToDisk(0);
        try
        {
            using var store = Store.Open(CrashImage.StorePath, new StoreOptions { Disk = disk, ReadOnly = true, MaximumReaders = 4 });
            List<(byte[] Key, byte[] Value)> entries;
            ulong mark;
            using (var reader = store.BeginRead())
            {
                mark = reader.Mark;
                entries = ReadAll(reader);
            }

            var found = new StoreContent(mark, 0, 0, entries, false);
            var report = store.Check();
            if (mark is 0 or > 2 || !found.IsSameAs(_states[mark - 1]))
            {
                throw new CrashCheckException($"the store holds [{found}] instead of [{_states[1]}]");
            }

            return !report.IsHealthy ? FlipOutcome.Refused : mark == 2 ? FlipOutcome.Unharmed : FlipOutcome.TakenBack;
        }
        catch (Exception exception) when (exception is StoreDamagedException or NotSupportedException)
        {
            return FlipOutcome.Refused;
        }
    }

    private static List<(byte[] Key, byte[] Value)> ReadAll(ReadTransaction reader)
    {
        var entries = new List<(byte[] Key, byte[] Value)>();
        if (reader.TryOpenTree(StoreState.TreeName, out var tree))
        {
            foreach (var entry in tree.Range(default, default))
            {
                entries.Add((entry.Key.ToArray(), entry.Value.ToArray()));
            }
        }

        return entries;
    }
}
