namespace HarmonyDB.Storage.Tree;

/// <summary>One entry of a node while the node is being rebuilt: pointers to its parts wherever they lie. Valid as long as those stay in place.</summary>
internal unsafe struct NodeEntry
{
    internal byte* Prefix;
    internal int PrefixBytes;
    internal byte* Suffix;
    internal int SuffixBytes;

    /// <summary>The child of a branch entry, the value header of a leaf entry.</summary>
    internal ulong Fixed;
    internal byte* Payload;
    internal int PayloadBytes;

    internal readonly int KeyBytes => PrefixBytes + SuffixBytes;

    internal static NodeEntry From(NodePage page, int index)
    {
        byte* cell = page.Cell(index);
        var entry = new NodeEntry
        {
            Prefix = page.PrefixPointer,
            PrefixBytes = page.PrefixBytes,
            Suffix = cell + page.CellHeaderBytes,
            SuffixBytes = *(ushort*)cell,
        };
        if (page.IsLeaf)
        {
            entry.Fixed = page.ValueHeader(index);
            entry.Payload = page.Payload(index);
            entry.PayloadBytes = NodePage.PayloadBytes((uint)entry.Fixed);
        }
        else
        {
            entry.Fixed = page.Child(index);
        }

        return entry;
    }

    /// <summary>Copies the key without its first bytes.</summary>
    internal readonly void CopyKey(int skipBytes, Span<byte> destination)
    {
        if (skipBytes < PrefixBytes)
        {
            new ReadOnlySpan<byte>(Prefix + skipBytes, PrefixBytes - skipBytes).CopyTo(destination);
            new ReadOnlySpan<byte>(Suffix, SuffixBytes).CopyTo(destination[(PrefixBytes - skipBytes)..]);
        }
        else
        {
            int skipped = skipBytes - PrefixBytes;
            new ReadOnlySpan<byte>(Suffix + skipped, SuffixBytes - skipped).CopyTo(destination);
        }
    }

    internal static int CommonPrefixBytes(in NodeEntry a, in NodeEntry b)
    {
        if (a.Prefix == b.Prefix && a.PrefixBytes == b.PrefixBytes)
        {
            var left = new ReadOnlySpan<byte>(a.Suffix, a.SuffixBytes);
            return a.PrefixBytes + left.CommonPrefixLength(new ReadOnlySpan<byte>(b.Suffix, b.SuffixBytes));
        }

        int length = Math.Min(a.KeyBytes, b.KeyBytes);
        int common = 0;
        while (common < length && a.KeyByte(common) == b.KeyByte(common))
        {
            common++;
        }

        return common;
    }

    private readonly byte KeyByte(int index) => index < PrefixBytes ? Prefix[index] : Suffix[index - PrefixBytes];
}
