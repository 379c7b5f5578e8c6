using System.Globalization;
using System.Text;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>What a store holds after a commit.</summary>
/// <param name="Mark">The mark of the commit; 0 in a new store.</param>
/// <param name="Values">The values by the number of their key.</param>
internal sealed record StoreState(ulong Mark, SortedDictionary<int, byte[]> Values)
{
    private const int LongKeyBytes = 260;

    public static ReadOnlySpan<byte> TreeName => "tree"u8;

    /// <summary>The key of a number: in the same order, and every fifth a long one.</summary>
    public static byte[] KeyOf(int number)
    {
        var digits = number.ToString("D4", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(number % 5 == 0 ? digits.PadRight(LongKeyBytes, 'k') : digits);
    }
}
