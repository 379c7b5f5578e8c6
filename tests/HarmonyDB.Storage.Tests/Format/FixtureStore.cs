using System.Text;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tests.Tree;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>Builds the store file of the current format version that later versions must open: small, and with one of everything.</summary>
internal static class FixtureStore
{
    internal const int PageSizeBytes = 4096;

    /// <summary>The mark of the last commit.</summary>
    internal const ulong Mark = 3;

    /// <summary>
    /// The file as a process leaves it that is killed after a commit with a single flush: with a list in one meta page, an older state in the other,
    /// free pages, leaves and branches with and without a prefix, keys up to the longest, values in leaves and in overflow runs.
    /// </summary>
    internal static byte[] Create()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        var options = new StoreOptions { Disk = disk, PageSizeBytes = PageSizeBytes, StoreId = FormatImages.StoreId, ChecksOnDispose = true };
        using Store store = Store.Open(StoreFixture.StorePath, options);
        using (WriteTransaction transaction = store.BeginWrite())
        {
            transaction.Mark = 1;
            FillKeys(transaction.OpenTree("keys"u8), store.KeyBytesMaximum);
            FillValues(transaction.OpenTree("values"u8));
            transaction.OpenTree("empty"u8);
            TreeWriter prefixed = transaction.OpenTree("prefixed"u8);
            for (int i = 0; i < 150; i++)
            {
                prefixed.Put(Prefixed(i), StoreFixture.Bytes(i % 50, (byte)('a' + (i % 26))));
            }

            transaction.Commit(Durability.Flushed);
        }

        using (WriteTransaction transaction = store.BeginWrite())
        {
            transaction.Mark = 2;
            transaction.OpenTree("values"u8).Delete("given up"u8);
            transaction.OpenTree("prefixed"u8).DeleteRange(Prefixed(40), Prefixed(60));
            transaction.Commit(Durability.Deferred);
        }

        store.Checkpoint();
        using (WriteTransaction transaction = store.BeginWrite())
        {
            transaction.Mark = Mark;
            transaction.OpenTree("prefixed"u8).Put(Prefixed(50), "again"u8);
            transaction.Commit(Durability.Flushed);
        }

        byte[] file = new byte[store.Statistics.PageCount * PageSizeBytes];
        using IDiskFile source = disk.Open(StoreFixture.StorePath, DiskFileMode.ReadOnly);
        source.Read(0, file);
        return file;
    }

    private static byte[] Prefixed(int number) => Encoding.ASCII.GetBytes($"tenant/7/user/{number:D4}");

    private static void FillKeys(TreeWriter tree, int keyBytesMaximum)
    {
        // Heads that are equal although the keys are not, and every length around the head's.
        for (int length = 1; length <= 9; length++)
        {
            tree.Put(new byte[length], [(byte)length]);
            tree.Put(StoreFixture.Bytes(length, 0xFF), [(byte)length]);
        }

        for (byte i = 0; i < 4; i++)
        {
            tree.Put([.. StoreFixture.Bytes(keyBytesMaximum - 1, (byte)'k'), i], [i]);
        }
    }

    private static void FillValues(TreeWriter tree)
    {
        foreach (int length in new[] { 0, 1, 20, 21, 1001, 1002, 4056, 4057 })
        {
            byte[] value = new byte[length];
            for (int i = 0; i < length; i++)
            {
                value[i] = (byte)(i * 7);
            }

            tree.Put(Encoding.ASCII.GetBytes($"{length:D5}"), value);
        }

        tree.Put("given up"u8, StoreFixture.Bytes(4100, 1));
    }
}
