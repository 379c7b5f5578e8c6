using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>
/// Finds many keys at once. A single lookup waits for memory at every level; here a group of keys goes down together, level by level, and what
/// each needs next is fetched while the others are searched.
/// </summary>
internal static unsafe class BatchLookup
{
    private const int GroupKeys = 16;

    /// <summary>The keys of a batch, whatever form they have.</summary>
    internal interface IKeys
    {
        /// <summary>Number of keys.</summary>
        int Count { get; }

        /// <summary>One of them.</summary>
        ReadOnlySpan<byte> this[int index] { get; }
    }

    /// <returns>How many were found.</returns>
    internal static int Find<TKeys>(CommittedPages pages, ulong root, TKeys keys, Span<ValueReference> values)
        where TKeys : struct, IKeys, allows ref struct
    {
        values[..keys.Count].Clear();
        if (root == 0)
        {
            return 0;
        }

        int found = 0;
        for (int from = 0; from < keys.Count; from += GroupKeys)
        {
            found += FindGroup(pages, root, keys, from, Math.Min(GroupKeys, keys.Count - from), values);
        }

        return found;
    }

    private static int FindGroup<TKeys>(CommittedPages pages, ulong root, TKeys keys, int from, int count, Span<ValueReference> values)
        where TKeys : struct, IKeys, allows ref struct
    {
        ulong* ids = stackalloc ulong[GroupKeys];
        int* indexes = stackalloc int[GroupKeys];
        new Span<ulong>(ids, count).Fill(root);
        int rootLevel = pages.GetNode(root, PageSource.AnyLevel).Level;
        for (int level = rootLevel; level > 0; level--)
        {
            for (int i = 0; i < count; i++)
            {
                NodePage node = pages.GetNode(ids[i], level);
                ids[i] = node.Child(node.ChildIndex(keys[from + i]));
                pages.Prefetch(ids[i]);
            }
        }

        for (int i = 0; i < count; i++)
        {
            indexes[i] = pages.GetNode(ids[i], 0).GuessAndPrefetch(keys[from + i]);
        }

        int found = 0;
        for (int i = 0; i < count; i++)
        {
            if (indexes[i] >= 0)
            {
                NodePage leaf = pages.GetTrustedNode(ids[i]);
                int index = leaf.SettleGuess(keys[from + i], indexes[i], out bool isFound);
                if (isFound)
                {
                    ReadOnlySpan<byte> value = pages.GetValue(leaf, index);
                    values[from + i] = new ValueReference((byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(value)), value.Length);
                    found++;
                }
            }
        }

        return found;
    }

    /// <summary>Keys of equal length, one behind the other.</summary>
    internal readonly ref struct PackedKeys : IKeys
    {
        private readonly ReadOnlySpan<byte> _keys;
        private readonly int _keyBytes;

        internal PackedKeys(ReadOnlySpan<byte> keys, int keyBytes)
        {
            _keys = keys;
            _keyBytes = keyBytes;
        }

        /// <inheritdoc/>
        public int Count => _keys.Length / _keyBytes;

        /// <inheritdoc/>
        public ReadOnlySpan<byte> this[int index] => _keys.Slice(index * _keyBytes, _keyBytes);
    }

    /// <summary>Keys that lie apart.</summary>
    internal readonly ref struct SeparateKeys : IKeys
    {
        private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _keys;

        internal SeparateKeys(ReadOnlySpan<ReadOnlyMemory<byte>> keys)
        {
            _keys = keys;
        }

        /// <inheritdoc/>
        public int Count => _keys.Length;

        /// <inheritdoc/>
        public ReadOnlySpan<byte> this[int index] => _keys[index].Span;
    }
}
