using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Faults.BitFlips;

/// <summary>The stream of a backup, which is also what a snapshot is made of.</summary>
internal sealed class BackupFlipTarget : FlipTarget
{
    private readonly byte[] _healthy;

    public BackupFlipTarget()
    {
        using var disk = CrashImage.Empty.ToDisk(0);
        using var store = Store.Open(CrashImage.StorePath, FolderContent.StoreOptions(disk));
        using (var transaction = store.BeginWrite())
        {
            var tree = transaction.OpenTree(StoreState.TreeName);
            for (var key = 0; key < 60; key++)
            {
                var value = new byte[key == 30 ? 6_000 : 100 + key];
                new Random(key).NextBytes(value);
                tree.Put(StoreState.KeyOf(key), value);
            }

            transaction.Commit(Durability.Flushed);
        }

        using var stream = new MemoryStream();
        store.Backup(stream);
        _healthy = stream.ToArray();
    }

    public override string Name => "snapshot";

    public override ReadOnlyMemory<byte> Bytes => _healthy;

    public override FlipOutcome Try(byte[] bytes, int start, int end)
    {
        using var disk = CrashImage.Empty.ToDisk(0);
        try
        {
            StoreBackup.Restore(new MemoryStream(bytes), CrashImage.StorePath, disk);
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
        {
            return disk.FileExists(CrashImage.StorePath) ? throw new CrashCheckException("a refused backup left a store") : FlipOutcome.Refused;
        }

        throw new CrashCheckException("a damaged backup was restored");
    }
}
