using System.Diagnostics;
using HarmonyDB.Storage.Tree;
using TreeStore = HarmonyDB.Storage.Tree.Store;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>HarmonyDB's store, with its default options.</summary>
internal sealed class HarmonyStore(string path, Durability durability) : StoreSubject
{
    // Loops that matter are cut into calls, so that they run as the compiler's last tier and not as code replaced in mid-loop.
    private const int ChunkSize = 1000;
    private const int KeysPerCall = 64;

    private TreeStore? _store;

    public static ReadOnlySpan<byte> TreeName => "kv"u8;

    public override string Name => "HarmonyDB";

    public override string Path => path;

    private TreeStore Store => _store ?? throw new InvalidOperationException("The store is not open.");

    /// <summary>Bytes of the file's pages that hold something.</summary>
    public long UsedBytes => (Store.Statistics.PageCount - Store.Statistics.FreePageCount) * Store.PageSizeBytes;

    public override void Open() => _store = TreeStore.Open(path, new StoreOptions());

    public override void Close()
    {
        _store?.Dispose();
        _store = null;
    }

    public override void Sync() => Store.Checkpoint();

    public override Timing Load(int count, int batch) => Put(Workload.Keys(null, count), null, count, batch, 0);

    public override Timing Overwrite(int keys, int count, int batch, int seed)
    {
        var order = Workload.Order(keys, (ulong)seed);
        return Put(Workload.Keys(order, count), order, count, batch, (ulong)seed);
    }

    public override Timing Get(int keys, int count, int threads, int seed)
    {
        var sequence = Workload.Keys(Workload.Order(keys, (ulong)seed), count);
        var sums = new ulong[threads];
        if (threads == 1)
        {
            var started = Stopwatch.GetTimestamp();
            sums[0] = Get(sequence);
            return new Timing(Stopwatch.GetElapsedTime(started).TotalNanoseconds, count, sums[0]);
        }

        using var start = new Barrier(threads + 1);
        var readers = new Thread[threads];
        for (var i = 0; i < threads; i++)
        {
            var number = i;
            var first = (int)((long)count * i / threads) * Workload.KeyBytes;
            var end = (int)((long)count * (i + 1) / threads) * Workload.KeyBytes;
            readers[i] = new Thread(() =>
            {
                start.SignalAndWait();
                sums[number] = Get(sequence.AsSpan(first, end - first));
            });
            readers[i].Start();
        }

        start.SignalAndWait();
        var begun = Stopwatch.GetTimestamp();
        Array.ForEach(readers, reader => reader.Join());
        var elapsed = Stopwatch.GetElapsedTime(begun).TotalNanoseconds;
        return new Timing(elapsed, count, sums.Aggregate(0UL, (total, sum) => total + sum));
    }

    public override Timing Scan()
    {
        var started = Stopwatch.GetTimestamp();
        var (count, sum) = ScanAll();
        return new Timing(Stopwatch.GetElapsedTime(started).TotalNanoseconds, count, sum);
    }

    /// <summary>The same as <see cref="Get(int, int, int, int)"/> with one thread, 64 keys a call.</summary>
    public Timing GetMany(int keys, int count, int seed)
    {
        var sequence = Workload.Keys(Workload.Order(keys, (ulong)seed), count);
        var started = Stopwatch.GetTimestamp();
        var sum = GetMany(sequence);
        return new Timing(Stopwatch.GetElapsedTime(started).TotalNanoseconds, count, sum);
    }

    /// <summary>Bytes that a thread allocates per get: first in one transaction for all gets, then with a transaction for each.</summary>
    public (double PerGet, double PerTransaction) AllocatedPerGet(int keys, int count)
    {
        var sequence = Workload.Keys(Workload.Order(keys, 1), count);
        _ = Get(sequence.AsSpan(0, Workload.KeyBytes));
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = Get(sequence);
        var middle = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            _ = Get(sequence.AsSpan(i * Workload.KeyBytes, Workload.KeyBytes));
        }

        var after = GC.GetAllocatedBytesForCurrentThread();
        return ((double)(middle - before) / count, (double)(after - middle) / count);
    }

    private ulong Get(ReadOnlySpan<byte> sequence)
    {
        using var transaction = Store.BeginRead();
        if (!transaction.TryOpenTree(TreeName, out var tree))
        {
            throw new InvalidOperationException("The tree is missing.");
        }

        var sum = 0UL;
        while (!sequence.IsEmpty)
        {
            var chunk = sequence[..Math.Min(sequence.Length, ChunkSize * Workload.KeyBytes)];
            sum += GetChunk(tree, chunk);
            sequence = sequence[chunk.Length..];
        }

        return sum;
    }

    private static ulong GetChunk(TreeReader tree, ReadOnlySpan<byte> chunk)
    {
        var sum = 0UL;
        for (; !chunk.IsEmpty; chunk = chunk[Workload.KeyBytes..])
        {
            if (!tree.TryGet(chunk[..Workload.KeyBytes], out var value))
            {
                throw new InvalidOperationException("A key is missing.");
            }

            sum += Workload.Sum(value);
        }

        return sum;
    }

    private ulong GetMany(ReadOnlySpan<byte> sequence)
    {
        using var transaction = Store.BeginRead();
        if (!transaction.TryOpenTree(TreeName, out var tree))
        {
            throw new InvalidOperationException("The tree is missing.");
        }

        Span<ValueReference> values = new ValueReference[KeysPerCall];
        var sum = 0UL;
        while (!sequence.IsEmpty)
        {
            var count = Math.Min(KeysPerCall, sequence.Length / Workload.KeyBytes);
            sum += GetCall(tree, sequence[..(count * Workload.KeyBytes)], values[..count]);
            sequence = sequence[(count * Workload.KeyBytes)..];
        }

        return sum;
    }

    private static ulong GetCall(TreeReader tree, ReadOnlySpan<byte> keys, Span<ValueReference> values)
    {
        if (tree.GetMany(keys, Workload.KeyBytes, values) != values.Length)
        {
            throw new InvalidOperationException("A key is missing.");
        }

        var sum = 0UL;
        foreach (var value in values)
        {
            sum += Workload.Sum(tree.ValueOf(value));
        }

        return sum;
    }

    private (long Count, ulong Sum) ScanAll()
    {
        using var transaction = Store.BeginRead();
        if (!transaction.TryOpenTree(TreeName, out var tree))
        {
            throw new InvalidOperationException("The tree is missing.");
        }

        var sum = 0UL;
        var count = 0L;
        var range = tree.Range([], []);
        int step;
        do
        {
            step = ScanChunk(ref range, ref sum);
            count += step;
        }
        while (step == ChunkSize);

        range.Dispose();
        return (count, sum);
    }

    private static int ScanChunk(ref KeyRange range, ref ulong sum)
    {
        var count = 0;
        var total = 0UL;
        while (count < ChunkSize && range.MoveNext())
        {
            var entry = range.Current;
            total += Workload.Sum(entry.Key) + Workload.Sum(entry.Value);
            count++;
        }

        sum += total;
        return count;
    }

    private Timing Put(byte[] sequence, uint[]? order, int count, int batch, ulong version)
    {
        var started = Stopwatch.GetTimestamp();
        for (var first = 0; first < count; first += batch)
        {
            PutBatch(sequence, order, first, Math.Min(first + batch, count), version);
        }

        return new Timing(Stopwatch.GetElapsedTime(started).TotalNanoseconds, count, 0);
    }

    private void PutBatch(byte[] sequence, uint[]? order, int first, int end, ulong version)
    {
        Span<byte> value = stackalloc byte[Workload.ValueBytes];
        using var transaction = Store.BeginWrite();
        var tree = transaction.OpenTree(TreeName);
        for (var i = first; i < end; i++)
        {
            Workload.WriteValue(order is null ? (ulong)i : order[i], version, value);
            tree.Put(sequence.AsSpan(i * Workload.KeyBytes, Workload.KeyBytes), value);
        }

        transaction.Commit(durability);
    }
}
