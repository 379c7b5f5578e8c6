using System.Numerics;

namespace HarmonyDB.Raft;

/// <summary>
/// A small, fast generator (xoshiro256**) whose sequence depends on its seed alone, on every machine and version. Not for secrets, and not
/// for use from several threads at once.
/// </summary>
public sealed class SeededRandomSource : IRandomSource
{
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    /// <summary>Creates a generator; the same seed gives the same sequence.</summary>
    public SeededRandomSource(ulong seed)
    {
        // The state must not be all zero; splitmix64 spreads any seed over it.
        _a = Spread(ref seed);
        _b = Spread(ref seed);
        _c = Spread(ref seed);
        _d = Spread(ref seed);
    }

    /// <inheritdoc/>
    public ulong NextUInt64()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    private static ulong Spread(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        var mixed = state;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
