using System.Diagnostics;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>
/// <c>store</c>: HarmonyDB's store beside LMDB and SQLite called from C, in the same run, round by round in turn, on the same keys in the same order.
/// Ratios are medians of paired rounds.
/// </summary>
internal sealed class StoreBenchmark
{
    private const int LargeFactor = 5;
    private const int LargeLoadBatch = 10_000;
    private const int OverwritesMaximum = 200_000;
    private const int GetsMaximum = 2_000_000;
    private const int FlushedCommits = 1000;
    private const int WarmupKeys = 100_000;
    private const int GetsForAllocation = 100_000;

    private static readonly string[] OnFilesOfTheirOwn = ["get-5m", "open-ms"];

    private readonly StoreBenchmarkOptions _options;
    private readonly StoreReport _report = new();
    private readonly PeerProgram? _program;

    /// <summary>Loads together with the time until everything was durable.</summary>
    private readonly Dictionary<StoreSubject, List<Timing>> _synced = [];
    private int _seed;

    private StoreBenchmark(StoreBenchmarkOptions options, PeerProgram? program)
    {
        _options = options;
        _program = program;
    }

    /// <summary>Runs the benchmark.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(StoreBenchmarkOptions options)
    {
        var folder = Path.Combine(options.Folder, $"harmony-store-benchmark-{Environment.ProcessId}");
        Directory.CreateDirectory(folder);
        try
        {
            if (!PeerProgram.TryStart(folder, out var program, out var reason) || reason is not null)
            {
                Console.WriteLine(reason);
            }

            using (program)
            {
                return new StoreBenchmark(options with { Folder = folder }, program).Run();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private int Run()
    {
        Console.WriteLine($"{_options.Keys} keys of {Workload.KeyBytes} bytes, values of {Workload.ValueBytes} bytes, batches of {Workload.BatchSize}, "
            + $"{_options.Rounds} paired rounds; {Environment.ProcessorCount} processors, files in {_options.Folder}");
        StoreReport.PrintHead();

        WarmUp();
        if (_options.Wants([.. StoreFigure.All.Select(figure => figure.Name).Except(OnFilesOfTheirOwn)]))
        {
            LoadAndUse();
        }

        OpenAfterKill();
        ReadLarge();
        if (!_report.IsEmpty)
        {
            _report.PrintFigures();
        }

        Console.WriteLine(_report.Missed.Count == 0 ? "every figure measured reaches its limit" : $"short of the limit: {string.Join(", ", _report.Missed)}");
        return _options.IsChecked && _report.Missed.Count > 0 ? 1 : 0;
    }

    private void LoadAndUse()
    {
        var ours = new HarmonyStore(FileOf("harmony.hdb"), Durability.Deferred);
        var lmdb = Peer("LMDB", "lmdb-nosync", "lmdb.mdb");
        Load(ours, lmdb);
        ours.Open();
        lmdb?.Open();
        Read(ours, lmdb);
        Allocation(ours);
        Overwrite(ours, lmdb);
        ours.Close();
        lmdb?.Close();
        Commit();
        ours.Delete();
        lmdb?.Delete();
    }

    /// <summary>Writes and reads a small store, so that no figure has the compiler in it.</summary>
    private void WarmUp()
    {
        var store = new HarmonyStore(FileOf("warm-up.hdb"), Durability.Deferred);
        store.Open();
        store.Load(WarmupKeys, Workload.BatchSize);
        store.Overwrite(WarmupKeys, WarmupKeys, Workload.BatchSize, ++_seed);
        for (var i = 0; i < LargeFactor; i++)
        {
            store.Get(WarmupKeys, WarmupKeys, 1, ++_seed);
            store.GetMany(WarmupKeys, WarmupKeys, ++_seed);
            store.Scan();
        }

        store.Close();
        store.Delete();
    }

    /// <summary>Loads fresh files in each round; those of the last round stay for what follows.</summary>
    private void Load(HarmonyStore ours, PeerStore? lmdb)
    {
        var rounds = _options.Wants("load", "load-wm", "sqlite-load") ? _options.Rounds : 1;
        var writemap = _options.Wants("load-wm") ? Peer("LMDB WRITEMAP", "lmdb-writemap", "writemap.mdb") : null;
        var sqlite = _options.Wants("sqlite-load", "sqlite-get") && _program is { HasSqlite: true } ? Peer("SQLite", "sqlite", "sqlite.db") : null;
        StoreSubject?[] stores = [ours, lmdb, writemap, sqlite];
        foreach (var store in stores.OfType<StoreSubject>())
        {
            _synced[store] = [];
        }

        var timings = InTurn(stores, rounds, LoadFresh, warmUp: false);
        if (_options.Wants("load"))
        {
            Report("load", timings[0], timings[1]);
            Report("load-synced", _synced[ours], lmdb is null ? [] : _synced[lmdb]);
        }

        if (_options.Wants("load-wm") && writemap is not null)
        {
            Report("load-wm", timings[0], timings[2]);
        }

        if (_options.Wants("sqlite-load") && sqlite is not null)
        {
            Report("sqlite-load", timings[0], timings[3]);
        }

        if (_options.Wants("file") && lmdb is not null)
        {
            _report.AddSizes("file", new FileInfo(ours.Path).Length, new FileInfo(lmdb.Path).Length);
            ours.Open();
            _report.Add("file-used-bytes", ours.UsedBytes, "bytes");
            ours.Close();
        }

        writemap?.Delete();
        if (_options.Wants("sqlite-get") && sqlite is not null)
        {
            ours.Open();
            sqlite.Open();
            var gets = InTurn([ours, sqlite], _options.Rounds, (store, seed) => store.Get(_options.Keys, Gets(_options.Keys), 1, seed));
            Report("sqlite-get", gets[0], gets[1]);
            sqlite.Close();
            ours.Close();
        }

        sqlite?.Delete();
    }

    private Timing LoadFresh(StoreSubject store, int seed)
    {
        store.Delete();
        store.Open();
        var timing = store.Load(_options.Keys, Workload.BatchSize);
        var synced = Stopwatch.StartNew();
        store.Sync();
        _synced[store].Add(timing with { Nanoseconds = timing.Nanoseconds + synced.Elapsed.TotalNanoseconds });
        store.Close();
        return timing;
    }

    private void Read(HarmonyStore ours, PeerStore? lmdb)
    {
        var keys = _options.Keys;
        Measure("get-1t", ours, lmdb, (store, seed) => store.Get(keys, Gets(keys), 1, seed));
        Measure("get-2t", ours, lmdb, (store, seed) => store.Get(keys, Gets(keys), 2, seed));
        Measure("getmany", ours, lmdb, (store, seed) => store is HarmonyStore own ? own.GetMany(keys, Gets(keys), seed) : store.Get(keys, Gets(keys), 1, seed));
        Measure("scan", ours, lmdb, (store, _) => store.Scan());
    }

    private void Allocation(HarmonyStore ours)
    {
        if (_options.Wants("alloc-get"))
        {
            var (perGet, perTransaction) = ours.AllocatedPerGet(_options.Keys, Math.Min(_options.Keys, GetsForAllocation));
            _report.AddAlone("alloc-get", [perGet], "bytes");
            _report.Add("alloc-get-with-transaction", perTransaction, "bytes");
        }
    }

    private void Overwrite(HarmonyStore ours, PeerStore? lmdb)
    {
        var count = Math.Min(_options.Keys, OverwritesMaximum);
        Measure("overwrite", ours, lmdb, (store, seed) => store.Overwrite(_options.Keys, count, Workload.BatchSize, seed));
    }

    private void Commit()
    {
        if (_options.Wants("commit-1"))
        {
            var ours = new HarmonyStore(FileOf("harmony.hdb"), Durability.Flushed);
            var lmdb = Peer("LMDB sync", "lmdb-sync", "lmdb.mdb");
            ours.Open();
            lmdb?.Open();
            Measure("commit-1", ours, lmdb, (store, seed) => store.Overwrite(_options.Keys, Math.Min(_options.Keys, FlushedCommits), 1, seed));
            ours.Close();
            lmdb?.Close();
        }
    }

    private void OpenAfterKill()
    {
        if (_options.Wants("open-ms"))
        {
            var store = new HarmonyStore(FileOf("killed.hdb"), Durability.Deferred);
            var opened = Enumerable.Range(0, _options.Rounds).Select(_ => KilledWriter.KillAndOpen(store.Path, _options.OpenMebibytes)).ToArray();
            _report.AddAlone("open-ms", [.. opened.Select(times => times.OpenMilliseconds)], "ms");
            _report.Add("open-and-first-get-ms", opened.Max(times => times.WithGetMilliseconds), "ms");
            store.Delete();
        }
    }

    private void ReadLarge()
    {
        if (_options.Wants("get-5m"))
        {
            // Loaded in larger batches, for the sake of time: it is the reading that is measured.
            var keys = _options.Keys * LargeFactor;
            var ours = new HarmonyStore(FileOf("large.hdb"), Durability.Deferred);
            var lmdb = Peer("LMDB", "lmdb-nosync", "large.mdb");
            foreach (var store in (StoreSubject?[])[ours, lmdb])
            {
                store?.Open();
                store?.Load(keys, LargeLoadBatch);
                store?.Sync();
            }

            Measure("get-5m", ours, lmdb, (store, seed) => store.Get(keys, Gets(keys), 1, seed));
            ours.Close();
            lmdb?.Close();
            ours.Delete();
            lmdb?.Delete();
        }
    }

    private void Measure(string figure, HarmonyStore ours, PeerStore? peer, Func<StoreSubject, int, Timing> run)
    {
        if (_options.Wants(figure))
        {
            var timings = InTurn([ours, peer], _options.Rounds, run);
            Report(figure, timings[0], timings[1]);
        }
    }

    private void Report(string figure, List<Timing> ours, List<Timing> theirs)
    {
        if (theirs.Count == 0)
        {
            _report.AddTime(figure, ours);
            return;
        }

        foreach (var (own, other) in ours.Zip(theirs))
        {
            if (own.Checksum != other.Checksum || own.Operations != other.Operations)
            {
                throw new InvalidOperationException($"{figure}: the stores do not hold the same data: {own} and {other}.");
            }
        }

        _report.AddPairs(figure, ours, theirs);
    }

    /// <summary>Runs the stores round by round, the one that begins changing each time. A round that warms up comes first and is not counted.</summary>
    private List<Timing>[] InTurn(StoreSubject?[] stores, int rounds, Func<StoreSubject, int, Timing> run, bool warmUp = true)
    {
        var timings = stores.Select(_ => new List<Timing>()).ToArray();
        for (var round = warmUp ? -1 : 0; round < rounds; round++)
        {
            var seed = ++_seed;
            for (var i = 0; i < stores.Length; i++)
            {
                var turn = round % 2 == 0 ? i : stores.Length - 1 - i;
                if (stores[turn] is { } store)
                {
                    var timing = run(store, seed);
                    if (round >= 0)
                    {
                        timings[turn].Add(timing);
                    }
                }
            }
        }

        return timings;
    }

    private static int Gets(int keys) => Math.Min(keys, GetsMaximum);

    private string FileOf(string name) => Path.Combine(_options.Folder, name);

    private PeerStore? Peer(string name, string mode, string file) => _program is null ? null : new PeerStore(name, _program, mode, FileOf(file));
}
