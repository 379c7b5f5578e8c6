using System.Runtime.InteropServices;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tests.Tree;

/// <summary>
/// Spreads the pages of a store over a longer file, with free pages between them: what years of deleting leave behind, made in a moment and without
/// writing the free pages.
/// </summary>
internal sealed unsafe class ScatteredStore
{
    private readonly byte[] _source;
    private readonly int _pageSizeBytes;
    private readonly int _stride;
    private readonly IDiskFile _target;
    private readonly PageBitmap _used = new();
    private ulong _next = PageHeader.FirstPageId;

    private ScatteredStore(byte[] source, int pageSizeBytes, int stride, IDiskFile target)
    {
        _source = source;
        _pageSizeBytes = pageSizeBytes;
        _stride = stride;
        _target = target;
    }

    /// <summary>Writes a store whose pages are so far apart. The source must have been closed, and must hold no large values.</summary>
    internal static void Write(SimulatedDisk disk, string sourcePath, int pageSizeBytes, int stride, string targetPath)
    {
        using IDiskFile source = disk.Open(sourcePath, DiskFileMode.ReadOnly);
        byte[] image = new byte[source.LengthBytes];
        source.Read(0, image);
        using IDiskFile target = disk.Open(targetPath, DiskFileMode.CreateNew);
        new ScatteredStore(image, pageSizeBytes, stride, target).Write();
        target.Flush();
        disk.FlushDirectory(Path.GetDirectoryName(targetPath)!);
    }

    private void Write()
    {
        MetaPage?[] metas = new MetaPage?[2];
        for (int slot = 0; slot < metas.Length; slot++)
        {
            MetaPage.TryRead(_source.AsSpan(slot * _pageSizeBytes), slot, out metas[slot]);
        }

        MetaPage meta = metas.OfType<MetaPage>().MaxBy(static meta => meta.TxId)!;
        ulong root = Copy(meta.Root, isTreeOfTrees: true);
        (SpaceMapChange map, ulong pageCount) = SpaceMap.Create(_pageSizeBytes, meta.TxId, _used, _next);
        foreach ((ulong page, byte[] content) in map.Images)
        {
            _target.Write((long)page * _pageSizeBytes, content);
        }

        _target.SetLength((long)pageCount * _pageSizeBytes);
        byte[] bytes = new byte[MetaPage.SizeBytes];
        for (int slot = 0; slot < 2; slot++)
        {
            (meta with { Root = root, PageCount = pageCount, MapRoot = map.Map.Root.Page, MapTxId = map.Map.Root.Transaction, Listed = [] }).Write(bytes, slot);
            _target.Write((long)slot * _pageSizeBytes, bytes);
        }
    }

    private ulong Copy(ulong pageId, bool isTreeOfTrees)
    {
        byte[] copied = _source.AsSpan((int)pageId * _pageSizeBytes, _pageSizeBytes).ToArray();
        fixed (byte* page = copied)
        {
            var editor = new NodeEditor(page, _pageSizeBytes);
            NodePage node = editor.Node;
            for (int i = 0; i < node.Count; i++)
            {
                if (!node.IsLeaf)
                {
                    editor.SetChild(i, Copy(node.Child(i), isTreeOfTrees));
                }
                else if (isTreeOfTrees)
                {
                    Span<ulong> root = MemoryMarshal.Cast<byte, ulong>(new Span<byte>(node.Payload(i), sizeof(ulong)));
                    root[0] = root[0] == 0 ? 0 : Copy(root[0], isTreeOfTrees: false);
                }
            }

            ulong copyId = _next;
            _next += (ulong)_stride;
            _used.Add(copyId);
            PageHeader.Write(page, (PageType)page[PageHeader.TypeOffset], node.Level, copyId, node.Transaction);
            PageHeader.Seal(page, _pageSizeBytes);
            _target.Write((long)copyId * _pageSizeBytes, copied);
            return copyId;
        }
    }
}
