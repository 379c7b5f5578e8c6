using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>The one source of randomness of a seed; whatever needs its own takes one that is seeded from it.</summary>
internal sealed class SimulatedRandom(ulong seed) : IRandomSource
{
    private readonly SeededRandomSource _source = new(seed);

    /// <inheritdoc/>
    public ulong NextUInt64() => _source.NextUInt64();

    /// <summary>A source whose sequence is independent of how this one is used from here on.</summary>
    public SimulatedRandom Fork() => new(NextUInt64());

    /// <summary>A number from 0 to below a bound.</summary>
    public int Next(int bound) => (int)(NextUInt64() % (ulong)bound);

    /// <summary>A number from a bound to another, both included.</summary>
    public long Between(long from, long to) => from + (long)(NextUInt64() % (ulong)(to - from + 1));

    /// <summary>A span of time from a bound to another, in ticks.</summary>
    public long Ticks(double fromMilliseconds, double toMilliseconds) =>
        Between((long)(fromMilliseconds * TimeSpan.TicksPerMillisecond), (long)(toMilliseconds * TimeSpan.TicksPerMillisecond));

    /// <summary>True so many times in a thousand.</summary>
    public bool Chance(int permille) => Next(1000) < permille;

    /// <summary>One of a list.</summary>
    public T Pick<T>(IReadOnlyList<T> list) => list[Next(list.Count)];

    /// <summary>Brings a list into a random order.</summary>
    public void Shuffle<T>(IList<T> list)
    {
        for (int i = list.Count - 1; i > 0; i--)
        {
            int j = Next(i + 1);
            (list[i], list[j]) = (list[j], list[i]);
        }
    }

    /// <summary>A random id.</summary>
    public Guid NextGuid()
    {
        Span<byte> bytes = stackalloc byte[16];
        BitConverter.TryWriteBytes(bytes, NextUInt64());
        BitConverter.TryWriteBytes(bytes[8..], NextUInt64());
        return new Guid(bytes);
    }
}
