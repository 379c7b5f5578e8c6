using System.Buffers.Binary;

namespace HarmonyDB.Tests.Messages;

/// <summary>Damages bytes as a broken or hostile peer would: bits, lengths, cuts, repetitions, pieces of other messages. Seeded.</summary>
internal sealed class Mutator(int seed, IReadOnlyList<byte[]> corpus)
{
    private static readonly byte[][] Lengths =
    [
        [0], [0x7F], [0x80, 0x01], [0xFF, 0xFF, 0x03], [0xFF, 0xFF, 0xFF, 0x3F], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];

    private readonly Random _random = new(seed);

    /// <summary>Which message of the corpus the last one came from.</summary>
    public int Origin { get; private set; }

    /// <summary>The next damaged message.</summary>
    public byte[] Next()
    {
        Origin = _random.Next(corpus.Count);
        byte[] bytes = corpus[Origin];
        for (int changes = _random.Next(1, 5); changes > 0; changes--)
        {
            bytes = Change(bytes);
        }

        return bytes;
    }

    private byte[] Change(byte[] bytes)
    {
        int at = _random.Next(bytes.Length + 1);
        int end = _random.Next(at, bytes.Length + 1);
        switch (_random.Next(8))
        {
            case 0 when bytes.Length > 0:
                byte[] flipped = [.. bytes];
                flipped[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
                return flipped;
            case 1:
                return bytes[..at];
            case 2:
                return [.. bytes[..at], .. bytes[end..]];
            case 3:
                // Fields twice, thrice, and a hundred times.
                int times = bytes.Length < 1000 ? _random.Next(1, 100) : 1;
                return [.. bytes[..end], .. Enumerable.Repeat(bytes[at..end], times).SelectMany(b => b), .. bytes[end..]];
            case 4:
                return [.. bytes[..at], .. Lengths[_random.Next(Lengths.Length)], .. bytes[end..]];
            case 5:
                byte[] other = corpus[_random.Next(corpus.Count)];
                int from = _random.Next(other.Length + 1);
                return [.. bytes[..at], .. other[from.._random.Next(from, other.Length + 1)], .. bytes[at..]];
            case 6:
                // Wrapped in a field of its own, as far as the nesting goes.
                byte[] wrapped = new byte[bytes.Length + 6];
                wrapped[0] = (byte)((_random.Next(1, 16) << 3) | 2);
                BinaryPrimitives.WriteUInt32LittleEndian(wrapped.AsSpan(1), ((uint)bytes.Length & 0x7F) | 0x80 | ((((uint)bytes.Length >> 7) & 0x7F) << 8));
                bytes.CopyTo(wrapped.AsSpan(3));
                return wrapped[..(bytes.Length + 3)];
            default:
                byte[] noise = new byte[_random.Next(1, 32)];
                _random.NextBytes(noise);
                return [.. bytes[..at], .. noise, .. bytes[at..]];
        }
    }
}
