using System.Runtime.CompilerServices;

namespace HarmonyDB.Model;

/// <summary>Mixes numbers for hashes.</summary>
internal static class Mixing
{
    /// <summary>The halves of the 128-bit product, folded: each bit of either operand reaches about half the bits of the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Mix(ulong left, ulong right)
    {
        var high = Math.BigMul(left ^ 0x2D358DCCAA6C78A5, right ^ 0x8BB84B93962EACC9, out var low);
        return high ^ low;
    }
}
