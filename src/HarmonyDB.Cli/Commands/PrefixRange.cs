namespace HarmonyDB.Cli.Commands;

/// <summary>Ends of ranges, as etcd has them.</summary>
internal static class PrefixRange
{
    /// <summary>The range end that means "to the last key": a single zero byte.</summary>
    public static byte[] ToLastKey { get; } = [0];

    /// <summary>The exclusive end of the range of all keys that begin with <paramref name="prefix"/>: the first key after them.</summary>
    public static byte[] EndOf(ReadOnlySpan<byte> prefix)
    {
        // 0xFF cannot be incremented; the key after "a\xFF..." is "b", and nothing comes after a prefix of 0xFF only.
        var length = prefix.LastIndexOfAnyExcept((byte)0xFF) + 1;
        if (length == 0)
        {
            return ToLastKey;
        }

        var end = prefix[..length].ToArray();
        end[^1]++;
        return end;
    }

    /// <summary>The key that follows immediately after <paramref name="key"/>.</summary>
    public static byte[] After(ReadOnlySpan<byte> key) => [.. key, 0];
}
