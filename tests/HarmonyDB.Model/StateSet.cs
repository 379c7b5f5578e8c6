using System.Numerics;

namespace HarmonyDB.Model;

/// <summary>
/// The hashes of the states met so far: open addressing, eight bytes each, of a size fixed at the start. Two states with the same hash are taken for one:
/// with ten million states that happens to any of them in about one run of 400,000.
/// </summary>
internal sealed class StateSet
{
    private readonly ulong[] _slots;
    private readonly ulong _mask;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">The most states.</param>
    public StateSet(int capacity)
    {
        // At most three quarters full.
        var size = BitOperations.RoundUpToPowerOf2((ulong)capacity * 4 / 3);
        _slots = GC.AllocateUninitializedArray<ulong>((int)size);
        Array.Clear(_slots);
        _mask = size - 1;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a state.</summary>
    /// <returns>False when it was met before.</returns>
    public bool TryAdd(ulong hash)
    {
        // Zero marks an empty slot.
        hash = hash == 0 ? 1 : hash;
        for (var slot = hash & _mask; ; slot = (slot + 1) & _mask)
        {
            if (_slots[slot] == hash)
            {
                return false;
            }
            if (_slots[slot] == 0)
            {
                _slots[slot] = hash;
                Count++;
                return true;
            }
        }
    }
}
