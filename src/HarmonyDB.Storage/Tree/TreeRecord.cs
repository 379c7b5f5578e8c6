using System.Buffers.Binary;

namespace HarmonyDB.Storage.Tree;

/// <summary>What the tree of trees holds for each name.</summary>
internal readonly record struct TreeRecord(ulong Root, long Count)
{
    /// <summary>Root, count, and 8 bytes of flags, all zero.</summary>
    internal const int SizeBytes = 24;

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(destination, Root);
        BinaryPrimitives.WriteInt64LittleEndian(destination[8..], Count);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[16..], 0);
    }

    internal static TreeRecord Read(string path, NodePage leaf, ReadOnlySpan<byte> value) =>
        value.Length == SizeBytes
            ? new TreeRecord(BinaryPrimitives.ReadUInt64LittleEndian(value), BinaryPrimitives.ReadInt64LittleEndian(value[8..]))
            : throw new StoreDamagedException(path, new PageId(leaf.Id), "it does not describe a tree");
}
