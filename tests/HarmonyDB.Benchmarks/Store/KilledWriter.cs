using System.Diagnostics;
using HarmonyDB.Storage.Tree;
using TreeStore = HarmonyDB.Storage.Tree.Store;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>How long a store takes to open after the process that wrote to it was killed. The writer is this program itself, started once more.</summary>
internal static class KilledWriter
{
    public const string Verb = "store-writer";
    private const string Ready = "ready";
    private const int AppendBatch = 10_000;
    private const int CheckpointEvery = 50;
    private const int DirtySeconds = 1;
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Writes to a store until the process is killed: in ascending order up to a size, then here and there.</summary>
    public static int Write(string path, long fileBytes)
    {
        using var store = TreeStore.Open(path, new StoreOptions());
        Span<byte> key = stackalloc byte[Workload.KeyBytes];
        Span<byte> value = stackalloc byte[Workload.ValueBytes];
        var next = 0UL;
        using (var reader = store.BeginRead())
        {
            next = reader.TryOpenTree(HarmonyStore.TreeName, out var tree) ? (ulong)tree.Count : 0;
        }

        for (var batch = 1; ; batch++)
        {
            var isGrowing = store.Statistics.FileBytes < fileBytes;
            using (var transaction = store.BeginWrite())
            {
                var tree = transaction.OpenTree(HarmonyStore.TreeName);
                for (var i = 0; i < (isGrowing ? AppendBatch : Workload.BatchSize); i++)
                {
                    var number = isGrowing ? next++ : (ulong)Random.Shared.NextInt64((long)next);
                    key.Clear();
                    System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(key, number);
                    Workload.WriteValue(number, (ulong)batch, value);
                    tree.Put(key, value);
                }

                transaction.Commit(Durability.Deferred);
            }

            if (!isGrowing && batch % CheckpointEvery == 0)
            {
                store.Checkpoint();
                Console.WriteLine(Ready);
            }
        }
    }

    /// <summary>Has the writer write, kills it, and opens what it left and gets one key.</summary>
    /// <returns>Milliseconds of opening, and those with the first get.</returns>
    public static (double OpenMilliseconds, double WithGetMilliseconds) KillAndOpen(string path, int mebibytes)
    {
        var self = Environment.ProcessPath!;
        string[] host = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [Path.Combine(AppContext.BaseDirectory, "HarmonyDB.Benchmarks.dll")] : [];
        var start = new ProcessStartInfo(self, [.. host, Verb, "--file", path, "--mib", $"{mebibytes}"]) { RedirectStandardOutput = true };
        using (var writer = Process.Start(start) ?? throw new InvalidOperationException("The writer did not start."))
        {
            try
            {
                var ready = writer.StandardOutput.ReadLineAsync();
                if (!ready.Wait(ReadyTimeout) || ready.Result != Ready)
                {
                    throw new InvalidOperationException("The writer wrote nothing.");
                }

                // It goes on meanwhile; it is killed in the middle of whatever it does then.
                writer.WaitForExit(TimeSpan.FromSeconds(DirtySeconds));
            }
            finally
            {
                writer.Kill();
                writer.WaitForExit();
            }
        }

        var started = Stopwatch.GetTimestamp();
        using var store = TreeStore.Open(path, new StoreOptions());
        var opened = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        using var reader = store.BeginRead();
        if (!reader.TryOpenTree(HarmonyStore.TreeName, out var tree) || !tree.TryGet(new byte[Workload.KeyBytes], out _))
        {
            throw new InvalidOperationException("What the killed writer had made durable is missing.");
        }

        return (opened, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }
}
