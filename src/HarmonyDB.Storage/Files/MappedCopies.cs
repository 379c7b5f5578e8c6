namespace HarmonyDB.Storage.Files;

/// <summary>What stands in for dropping private copies where a system cannot: they stay, with what the file says.</summary>
internal static unsafe class MappedCopies
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Reads a range of the file over its private copy. Readers see no difference where both were equal.</summary>
    internal static void Restore(SystemFile file, byte* pointer, long offset, long lengthBytes)
    {
        var end = offset + lengthBytes;
        while (offset < end)
        {
            var count = (int)Math.Min(ChunkBytes, end - offset);
            if (file.Read(offset, new Span<byte>(pointer + offset, count)) < count)
            {
                return;
            }

            offset += count;
        }
    }
}
