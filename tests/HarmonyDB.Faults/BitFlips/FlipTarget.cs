namespace HarmonyDB.Faults.BitFlips;

/// <summary>A healthy file and what is to be found in it. For one thread.</summary>
internal abstract class FlipTarget
{
    private const int SectorBytes = 512;

    /// <summary>Name for figures.</summary>
    public abstract string Name { get; }

    /// <summary>The healthy bytes.</summary>
    public abstract ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>Number of bits, each of which is flipped alone before anything else is tried.</summary>
    public int Bits => Bytes.Length * 8;

    /// <summary>Opens the file with other bytes and reads everything.</summary>
    /// <param name="bytes">The bytes; the target's from now on.</param>
    /// <param name="start">The first byte that may have changed.</param>
    /// <param name="end">The one after the last.</param>
    /// <exception cref="CrashImages.CrashCheckException">It gave a wrong answer.</exception>
    public abstract FlipOutcome Try(byte[] bytes, int start, int end);

    /// <summary>Does damage number so-and-so: first every single bit in an order that visits all parts soon, then more at once.</summary>
    /// <returns>What changed, or null when the damage would change nothing.</returns>
    public (byte[] Bytes, int Start, int End)? Damage(long number, int seed)
    {
        var bytes = Bytes.ToArray();
        if (number < Bits)
        {
            // Odd steps through a number of bits that is a power of two times a small one: coprime as long as the step is a larger prime.
            var bit = (int)(number * 1_000_003 % Bits);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            return (bytes, bit / 8, (bit / 8) + 1);
        }

        var random = new Random(seed);
        int start;
        int end;
        if (random.Next(3) > 0)
        {
            start = random.Next(bytes.Length);
            end = Math.Min(bytes.Length, start + 1 + random.Next(random.Next(2) == 0 ? 8 : 2_000));
            random.NextBytes(bytes.AsSpan(start, end - start));
        }
        else
        {
            // A sector that was written to the wrong place, or lost.
            start = random.Next(bytes.Length / SectorBytes) * SectorBytes;
            end = start + SectorBytes;
            var other = random.Next(-1, bytes.Length / SectorBytes);
            var source = other < 0 ? default : Bytes.Span.Slice(other * SectorBytes, SectorBytes);
            bytes.AsSpan(start, SectorBytes).Clear();
            source.CopyTo(bytes.AsSpan(start));
        }

        while (start < end && bytes[start] == Bytes.Span[start])
        {
            start++;
        }

        while (start < end && bytes[end - 1] == Bytes.Span[end - 1])
        {
            end--;
        }

        return start == end ? null : (bytes, start, end);
    }
}
