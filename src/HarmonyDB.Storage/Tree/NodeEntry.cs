using System.Buffers.Binary;

namespace HarmonyDB.Storage.Tree;

/// <summary>One entry of a node while the node is being rebuilt: pointers to its parts wherever they lie. Valid as long as those stay in place.</summary>
internal unsafe struct NodeEntry
{
    internal byte* Prefix;
    internal int PrefixBytes;
    internal uint Head;
    internal byte* Rest;

    /// <summary>Bytes of the key after the prefix, in head and rest.</summary>
    internal int SuffixBytes;

    /// <summary>The child of a branch entry, the value header of a leaf entry.</summary>
    internal ulong Fixed;
    internal byte* Payload;
    internal int PayloadBytes;

    internal readonly int KeyBytes => PrefixBytes + SuffixBytes;

    internal static NodeEntry From(NodePage page, int index)
    {
        var entry = new NodeEntry
        {
            Prefix = page.PrefixPointer,
            PrefixBytes = page.PrefixBytes,
            Head = page.Heads[index],
            Rest = page.RestPointer(index),
            SuffixBytes = page.SuffixBytes(index),
        };
        if (page.IsLeaf)
        {
            entry.Fixed = page.ValueHeader(index);
            entry.PayloadBytes = NodePage.PayloadBytes((uint)entry.Fixed);
            entry.Payload = (entry.Fixed & NodePage.OverflowFlag) == 0 ? page.Payload(index) : page.Payload(index) - sizeof(uint);
        }
        else
        {
            entry.Fixed = page.Child(index);
        }

        return entry;
    }

    /// <summary>An entry whose key is not in a page yet.</summary>
    internal static NodeEntry Of(byte* key, int keyBytes, ulong fixedPart, byte* payload, int payloadBytes) => new()
    {
        Head = KeyHead.Of(new ReadOnlySpan<byte>(key, keyBytes)),
        Rest = key + KeyHead.SizeBytes,
        SuffixBytes = keyBytes,
        Fixed = fixedPart,
        Payload = payload,
        PayloadBytes = payloadBytes,
    };

    /// <summary>Copies the key without its first bytes.</summary>
    internal readonly void CopyKey(int skipBytes, Span<byte> destination)
    {
        int at = skipBytes;
        if (at < PrefixBytes)
        {
            new ReadOnlySpan<byte>(Prefix + at, PrefixBytes - at).CopyTo(destination);
            at = PrefixBytes;
        }

        int headEnd = PrefixBytes + Math.Min(KeyHead.SizeBytes, SuffixBytes);
        for (; at < headEnd; at++)
        {
            destination[at - skipBytes] = KeyHead.Byte(Head, at - PrefixBytes);
        }

        if (at < KeyBytes)
        {
            new ReadOnlySpan<byte>(Rest + (at - headEnd), KeyBytes - at).CopyTo(destination[(at - skipBytes)..]);
        }
    }

    /// <summary>The head that this key has in a page with a prefix of another length.</summary>
    internal readonly uint HeadAfter(int prefixBytes)
    {
        if (prefixBytes == PrefixBytes)
        {
            return Head;
        }

        Span<byte> bytes = stackalloc byte[KeyHead.SizeBytes];
        for (int i = 0; i < KeyHead.SizeBytes; i++)
        {
            bytes[i] = prefixBytes + i < KeyBytes ? KeyByte(prefixBytes + i) : (byte)0;
        }

        return BinaryPrimitives.ReadUInt32BigEndian(bytes);
    }

    internal static int CommonPrefixBytes(in NodeEntry a, in NodeEntry b)
    {
        int length = Math.Min(a.KeyBytes, b.KeyBytes);
        int common = a.Prefix == b.Prefix && a.PrefixBytes == b.PrefixBytes ? a.PrefixBytes : 0;
        while (common < length && a.KeyByte(common) == b.KeyByte(common))
        {
            common++;
        }

        return common;
    }

    private readonly byte KeyByte(int index)
    {
        int inSuffix = index - PrefixBytes;
        return inSuffix < 0 ? Prefix[index] : inSuffix < KeyHead.SizeBytes ? KeyHead.Byte(Head, inSuffix) : Rest[inSuffix - KeyHead.SizeBytes];
    }
}
