using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>A store file as bytes, to be damaged on purpose and with sound checksums.</summary>
internal sealed unsafe class DamagedFile
{
    private const int PageBytes = 4096;

    internal DamagedFile(byte[] bytes)
    {
        Bytes = bytes;
    }

    internal byte[] Bytes { get; }

    internal int PageCount => Bytes.Length / PageBytes;

    /// <summary>A store with two levels of 400 entries; its newest transaction and its free list are in the file.</summary>
    internal static DamagedFile Create()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        using (Store store = StoreFixture.Open(disk))
        {
            StoreFixture.Fill(store, 0, 400, 100);
            StoreFixture.Fill(store, 100, 200, 90);
        }

        return new DamagedFile(StoreCrashTests.ReadFile(disk));
    }

    internal Span<byte> Page(int page) => Bytes.AsSpan(page * PageBytes, PageBytes);

    internal ulong Transaction(int page) => BitConverter.ToUInt64(Page(page)[PageHeader.TxIdOffset..]);

    /// <summary>The pages of a type, from the one written last to the oldest.</summary>
    internal int[] PagesOf(PageType type) =>
    [
        .. Enumerable.Range(2, PageCount - 2)
            .Where(page => Page(page)[PageHeader.TypeOffset] == (byte)type && BitConverter.ToUInt64(Page(page)[PageHeader.PageIdOffset..]) == (ulong)page)
            .OrderByDescending(Transaction),
    ];

    /// <summary>The leaves of the newest state, in key order.</summary>
    internal int[] NewestLeaves()
    {
        using SimulatedDisk disk = OnDisk();
        using SalvageSource source = SalvageSource.TryOpen(StoreFixture.StorePath, disk)!;
        SalvageTrees.State state = SalvageTrees.Find(source, null, default).States[0];
        return [.. state.Trees.Values.SelectMany(record => SalvageWalk.Run(source, record.Root, state.TxId).Leaves).Select(static page => (int)page)];
    }

    /// <summary>Gives a page the right checksum for what it holds now.</summary>
    internal void Seal(int page)
    {
        fixed (byte* bytes = Page(page))
        {
            PageHeader.Seal(bytes, PageBytes);
        }
    }

    /// <summary>Changes what both meta pages say.</summary>
    internal void ChangeMetas(Func<MetaPage, MetaPage> change)
    {
        for (int slot = 0; slot < 2; slot++)
        {
            if (MetaPage.TryRead(Page(slot), slot, out MetaPage? meta))
            {
                change(meta!).Write(Page(slot), slot);
            }
        }
    }

    internal SimulatedDisk OnDisk() => StoreCrashTests.WithFile(Bytes);
}
