using System.Buffers.Binary;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// The first four bytes of a key after its page's common prefix, as a big-endian integer. The heads of a page lie side by side, so a search
/// reads one or two cache lines of integers and touches a cell only where two heads are equal.
/// </summary>
internal static class KeyHead
{
    internal const int SizeBytes = 4;

    /// <summary>Keys shorter than four bytes are padded with zeros: order is kept, and equal heads are settled by comparing the keys.</summary>
    internal static uint Of(ReadOnlySpan<byte> suffix)
    {
        if (suffix.Length >= SizeBytes)
        {
            return BinaryPrimitives.ReadUInt32BigEndian(suffix);
        }

        uint head = 0;
        for (int i = 0; i < suffix.Length; i++)
        {
            head |= (uint)suffix[i] << (24 - (8 * i));
        }

        return head;
    }

    /// <summary>A byte of the key that the head stands for.</summary>
    internal static byte Byte(uint head, int index) => (byte)(head >> (24 - (8 * index)));
}
