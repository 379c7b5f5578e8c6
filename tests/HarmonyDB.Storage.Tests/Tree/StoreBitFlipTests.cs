using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>Every single bit of a small store file, turned over.</summary>
public sealed class StoreBitFlipTests
{
    [Fact]
    public void Read_EverySingleBitFlipped_IsDetectedOnTouch()
    {
        using SimulatedDisk disk = StoreFixture.CreateDisk();
        List<(byte[] Key, byte[] Value)>[] states = CreateFile(disk);
        byte[] healthy = StoreCrashTests.ReadFile(disk);
        var outcomes = new Dictionary<PageKind, (long Refused, long Older, long Unharmed)>();
        using IDiskFile file = disk.Open(StoreFixture.StorePath, DiskFileMode.Open);
        foreach ((ulong page, PageKind kind, int touchedBytes) in TouchedPages(disk))
        {
            (long refused, long older, long unharmed) = outcomes.GetValueOrDefault(kind);
            for (int bit = 0; bit < touchedBytes * 8; bit++)
            {
                long offset = ((long)page * 4096) + (bit / 8);
                file.Write(offset, [(byte)(healthy[offset] ^ (1 << (bit % 8)))]);
                int state = ReadState(disk, states, $"page {page} ({kind}), bit {bit}");
                file.Write(offset, healthy.AsSpan((int)offset, 1));
                refused += state < 0 ? 1 : 0;
                older += state == 0 ? 1 : 0;
                unharmed += state == 1 ? 1 : 0;
                Assert.True(state < 0 || kind == PageKind.Meta, $"Page {page} ({kind}), bit {bit} went unnoticed.");
            }

            outcomes[kind] = (refused, older, unharmed);
        }

        // Losing one meta page costs at most its state, never the store; each kind of page must have been there.
        Assert.Equal(2 * 8L * MetaPage.SizeBytes, outcomes[PageKind.Meta].Older + outcomes[PageKind.Meta].Unharmed + outcomes[PageKind.Meta].Refused);
        Assert.True(outcomes[PageKind.Meta].Older > 0 && outcomes[PageKind.Meta].Unharmed > 0);
        Assert.True(outcomes[PageKind.Leaf].Refused >= 3 * 8 * 4096);
        Assert.True(outcomes[PageKind.Branch].Refused >= 8 * 4096);
        Assert.True(outcomes[PageKind.Overflow].Refused > 8 * 5000);
        Assert.True(outcomes[PageKind.SpaceMap].Refused > 0);
    }

    /// <summary>Reads everything.</summary>
    /// <returns>1 for the newest state, 0 for the one before, -1 if damage was reported.</returns>
    private static int ReadState(SimulatedDisk disk, List<(byte[] Key, byte[] Value)>[] states, string where)
    {
        try
        {
            using Store store = StoreFixture.Open(disk, readOnly: true, checks: false);
            using ReadTransaction reader = store.BeginRead();
            int index = (int)reader.Mark;
            List<(byte[] Key, byte[] Value)> actual = StoreFixture.ReadAll(reader);
            Assert.True(actual.Count == states[index].Count, $"At {where} entries are missing.");
            for (int i = 0; i < actual.Count; i++)
            {
                bool isEqual = actual[i].Key.AsSpan().SequenceEqual(states[index][i].Key) && actual[i].Value.AsSpan().SequenceEqual(states[index][i].Value);
                Assert.True(isEqual, $"At {where} entry {i} is wrong.");
            }

            return index;
        }
        catch (StoreDamagedException)
        {
            return -1;
        }
    }

    /// <summary>Two durable states, with the marks 0 and 1: a branch, some leaves, a large value and a free list.</summary>
    private static List<(byte[] Key, byte[] Value)>[] CreateFile(SimulatedDisk disk)
    {
        using Store store = StoreFixture.Open(disk);
        var states = new List<(byte[] Key, byte[] Value)>[2];
        for (int i = 0; i < 2; i++)
        {
            using (WriteTransaction transaction = store.BeginWrite())
            {
                transaction.Mark = (ulong)i;
                TreeWriter tree = transaction.OpenTree(StoreFixture.TreeName);
                for (int key = 0; key < 24; key++)
                {
                    tree.Put(StoreFixture.Key(key), StoreFixture.Bytes(400, (byte)(key + i)));
                }

                tree.Put([1], StoreFixture.Bytes(5000, (byte)i));
                transaction.Commit(Durability.Flushed);
            }

            using ReadTransaction reader = store.BeginRead();
            states[i] = StoreFixture.ReadAll(reader);
        }

        return states;
    }

    /// <summary>The pages that reading the newest state touches, with the number of their bytes that something depends on.</summary>
    private static List<(ulong Page, PageKind Kind, int Bytes)> TouchedPages(SimulatedDisk disk)
    {
        using StorePages pages = StorePages.Open(StoreFixture.StorePath, disk);
        using SalvageSource source = SalvageSource.TryOpen(StoreFixture.StorePath, disk)!;
        ulong newest = source.Meta!.TxId;
        var touched = new List<(ulong, PageKind, int)>();
        for (ulong id = 0; id < (ulong)pages.Count; id++)
        {
            PageInfo info = pages.Describe(new PageId(id));
            switch (info.Kind)
            {
                case PageKind.Meta:
                    touched.Add((id, info.Kind, MetaPage.SizeBytes));
                    break;
                case PageKind.Branch or PageKind.Leaf or PageKind.SpaceMap when info.TxId.Value == newest:
                    touched.Add((id, info.Kind, pages.PageSizeBytes));
                    break;
                case PageKind.Overflow when info.TxId.Value == newest:
                    for (int at = OverflowRun.ValueOffset((int)info.UsedBytes) + (int)info.UsedBytes; at > 0; at -= pages.PageSizeBytes)
                    {
                        touched.Add((id++, info.Kind, Math.Min(at, pages.PageSizeBytes)));
                    }

                    id--;
                    break;
            }
        }

        return touched;
    }
}
