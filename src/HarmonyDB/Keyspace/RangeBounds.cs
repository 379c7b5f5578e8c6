namespace HarmonyDB.Keyspace;

/// <summary>The keys that a pair of key and range end means, by etcd's rules. Valid as long as the memory it was made from.</summary>
internal readonly ref struct RangeBounds
{
    private RangeBounds(ReadOnlySpan<byte> start, ReadOnlySpan<byte> end, bool isSingleKey, bool isUnbounded)
    {
        Start = start;
        End = end;
        IsSingleKey = isSingleKey;
        IsUnbounded = isUnbounded;
    }

    /// <summary>The single key, or the first key that can be in the range.</summary>
    public ReadOnlySpan<byte> Start { get; }

    /// <summary>The first key after the range; without meaning for a single key and an unbounded range.</summary>
    public ReadOnlySpan<byte> End { get; }

    /// <summary>Whether it is <see cref="Start"/> alone.</summary>
    public bool IsSingleKey { get; }

    /// <summary>Whether it reaches to the last key.</summary>
    public bool IsUnbounded { get; }

    /// <summary>Whether every key is in it: no key is empty, so the smallest possible one is a single zero byte.</summary>
    public bool IsEverything => IsUnbounded && (Start.Length == 0 || (Start.Length == 1 && Start[0] == 0));

    /// <summary>Reads the pair.</summary>
    /// <param name="key">The key, or the first key of the range.</param>
    /// <param name="rangeEnd">Empty: the single key. One zero byte: to the last key. Else the exclusive end; none are meant if it is not after the key.</param>
    public static RangeBounds Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> rangeEnd)
    {
        var unbounded = rangeEnd.Length == 1 && rangeEnd[0] == 0;
        return new RangeBounds(key, unbounded ? default : rangeEnd, isSingleKey: rangeEnd.IsEmpty, unbounded);
    }

    /// <summary>The range end that, with the prefix as the key, means all keys that begin with it.</summary>
    /// <returns>The smallest key after all of them, or a single zero byte when there is none: the prefix is empty or all 0xff.</returns>
    public static byte[] PrefixEnd(ReadOnlySpan<byte> prefix)
    {
        var kept = prefix.Length;
        while (kept > 0 && prefix[kept - 1] == 0xff)
        {
            kept--;
        }

        if (kept == 0)
        {
            return [0];
        }

        var end = prefix[..kept].ToArray();
        end[kept - 1]++;
        return end;
    }

    /// <summary>Whether a key, at or after <see cref="Start"/>, is in the range.</summary>
    public bool IsBeforeEnd(ReadOnlySpan<byte> key) => IsUnbounded || (IsSingleKey ? key.SequenceEqual(Start) : key.SequenceCompareTo(End) < 0);
}
