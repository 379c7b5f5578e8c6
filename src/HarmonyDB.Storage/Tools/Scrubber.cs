using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>
/// Reads a store from end to end, a little at a time, and verifies every page and value that it comes by, also those that were verified
/// before: so that damage is found while there is still a copy to repair it from. Writes nothing.
/// </summary>
/// <remarks>
/// Each step is a read transaction of its own and goes on at the key where the last one ended, so a slow pass pins no old pages. A pass
/// verifies all that was in the store from its beginning to its end; what was written meanwhile may or may not be met. Pages come through
/// the system's page cache: what is cached is verified in the cache. Use one scrubber from one thread at a time.
/// </remarks>
public sealed class Scrubber
{
    /// <summary>Most damaged pages that are listed; the pass goes on beyond that.</summary>
    public const int DamageMaximum = 1000;

    private const int StepBytesMinimum = 64 * 1024;

    private readonly Store _store;
    private readonly CommittedPages _verifying;
    private readonly HashSet<ulong> _seen = [];
    private readonly HashSet<ulong> _damagedPages = [];
    private readonly List<ScrubDamage> _damage = [];
    private byte[]? _tree;
    private byte[] _from = [];
    private long _bytes;
    private long _passes;

    /// <summary>Prepares to scrub a store, from its first key on.</summary>
    /// <param name="store">The store.</param>
    public Scrubber(Store store)
    {
        ArgumentNullException.ThrowIfNull(store);
        _store = store;
        _verifying = new CommittedPages(store.File) { AlwaysVerify = true, VerifiedFile = store.File };
    }

    /// <summary>What was verified and found so far.</summary>
    public ScrubReport Report => new() { VerifiedBytes = _bytes, PassCount = _passes, Damage = [.. _damage] };

    /// <summary>Verifies some more.</summary>
    /// <param name="bytes">How much, in bytes; a page or a large value that was begun is finished.</param>
    /// <returns>False if this ended the pass: the next step begins a new one.</returns>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public bool Step(long bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        long until = _bytes + bytes;
        using ReadTransaction reader = _store.BeginRead(nameof(Scrubber));
        Snapshot state = reader.Snapshot;
        _verifying.Attach(state.Mapping, state.PageCount);
        _seen.Clear();
        try
        {
            while (_bytes < until)
            {
                if (!TryFindTree(reader, out ulong root))
                {
                    _passes++;
                    return false;
                }

                VerifyLeaf(reader, root);
            }

            return true;
        }
        finally
        {
            _verifying.Detach();
        }
    }

    /// <summary>Scrubs the whole store once at a bounded rate.</summary>
    /// <param name="bytesPerSecond">Bytes to verify per second.</param>
    /// <param name="timeProvider">Measures the time.</param>
    /// <param name="cancellationToken">Ends it. The next run goes on where it was.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    /// <exception cref="ObjectDisposedException">The store was disposed.</exception>
    public async Task<ScrubReport> RunAsync(long bytesPerSecond, TimeProvider timeProvider, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytesPerSecond);
        ArgumentNullException.ThrowIfNull(timeProvider);
        long stepBytes = Math.Max(StepBytesMinimum, bytesPerSecond / 10);
        long began = timeProvider.GetTimestamp();
        long before = _bytes;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool goesOn = Step(stepBytes);
            if (!goesOn)
            {
                return Report;
            }

            // Paid for by the whole run, not by the step, so that neither rounding nor slow steps change the rate.
            TimeSpan due = TimeSpan.FromSeconds((double)(_bytes - before) / bytesPerSecond) - timeProvider.GetElapsedTime(began);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, timeProvider, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Finds the tree to go on with: null is the tree of trees, which comes first.</summary>
    private bool TryFindTree(ReadTransaction reader, out ulong root)
    {
        root = reader.Snapshot.Root;
        if (_tree is null)
        {
            return true;
        }

        try
        {
            using Cursor cursor = reader.TreeOfTrees.OpenCursor();
            if (cursor.SeekCeiling(_tree))
            {
                if (!cursor.Key.SequenceEqual(_tree))
                {
                    _tree = cursor.Key.ToArray();
                    _from = [];
                }

                root = System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(cursor.Value);
                return true;
            }
        }
        catch (StoreDamagedException damage)
        {
            // Without the tree of trees nothing else can be found.
            Add(damage);
        }

        _tree = null;
        _from = [];
        return false;
    }

    /// <summary>Verifies the leaf of the key at which to go on, its values, and the branches above it; then moves on to where the next one begins.</summary>
    private void VerifyLeaf(ReadTransaction reader, ulong root)
    {
        byte[]? next = null;
        if (root != 0)
        {
            try
            {
                NodePage node = GetNode(reader, root, PageSource.AnyLevel);
                for (int level = node.Level; level > 0; level--)
                {
                    int child = _from.Length == 0 ? 0 : node.ChildIndex(_from);
                    if (child + 1 < node.Count)
                    {
                        next = new byte[node.KeyBytes(child + 1)];
                        node.CopyKey(child + 1, next);
                    }

                    node = GetNode(reader, node.Child(child), level - 1);
                }

                VerifyValues(node);
            }
            catch (StoreDamagedException damage)
            {
                // Whatever lies below the damaged page is skipped.
                Add(damage);
            }
        }

        if (next is not null)
        {
            _from = next;
            return;
        }

        // The next tree is the first whose name is greater.
        _tree = _tree is null ? [0] : [.. _tree, 0];
        _from = [];
    }

    private NodePage GetNode(ReadTransaction reader, ulong pageId, int level)
    {
        if (!_seen.Add(pageId))
        {
            return reader.Pages.GetNode(pageId, level);
        }

        NodePage node = _verifying.GetNode(pageId, level);
        _bytes += _verifying.PageSizeBytes;
        return node;
    }

    private void VerifyValues(NodePage leaf)
    {
        for (int i = 0; i < leaf.Count; i++)
        {
            if ((leaf.ValueHeader(i) & NodePage.OverflowFlag) == 0)
            {
                continue;
            }

            try
            {
                _bytes += _verifying.GetValue(leaf, i).Length;
            }
            catch (StoreDamagedException damage)
            {
                Add(damage);
            }
        }
    }

    private void Add(StoreDamagedException damage)
    {
        if (_damage.Count < DamageMaximum && _damagedPages.Add(damage.Page.Value))
        {
            _damage.Add(new ScrubDamage(damage.Page, damage.Reason));
        }
    }
}
