using System.Diagnostics;
using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.IoErrors;

/// <summary>
/// <c>io-errors</c>: scripted work on log, store and a node's folder, of which every system call fails in turn in six ways. After a failed flush nothing is acknowledged,
/// reads go on, and a restart of the process or of the machine finds all that was acknowledged.
/// </summary>
internal static class IoErrorsProgram
{
    private const int Steps = 50;
    private const int FailuresMaximum = 10;

    private static readonly InjectedError[] Errors = Enum.GetValues<InjectedError>();
    private static readonly CrashKind[] Restarts = Enum.GetValues<CrashKind>();

    /// <summary>Runs it.</summary>
    /// <param name="scripts">How many scripts for each of log, store and folder.</param>
    /// <param name="options">Seed and jobs; history, prefix and image are the number of the only script, call and error to try.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>0 when nothing went wrong.</returns>
    public static int Run(int scripts, CrashOptions options, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        var run = new ErrorRun(options);
        Console.WriteLine($"io-errors: {scripts} scripts each of {Steps} steps, seed {options.Seed}");
        if (options.History is { } only)
        {
            run.Script(only);
        }
        else
        {
            Parallel.For(0, scripts * 3, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs, CancellationToken = stopping }, run.Script);
        }

        return run.Report(Stopwatch.GetElapsedTime(started));
    }

    private sealed class ErrorRun(CrashOptions options)
    {
        private readonly Lock _gate = new();
        private readonly SortedDictionary<string, int> _counts = new(StringComparer.Ordinal);
        private int _cases;
        private int _calls;
        private int _failures;

        public void Script(int number)
        {
            var subject = (CrashSubject)(number % 3);
            var calls = Try(subject, number, 0, default, default);
            for (var call = 1; call <= calls && Volatile.Read(ref _failures) < FailuresMaximum; call++)
            {
                if (options.Prefix is { } only && only != call)
                {
                    continue;
                }

                Interlocked.Increment(ref _calls);
                foreach (var error in Errors)
                {
                    if (options.Image is null || options.Image == (int)error)
                    {
                        Case(subject, number, call, error);
                    }
                }
            }

            Console.WriteLine($"script {number} ({subject}): {calls} calls, {_failures} failed");
        }

        public int Report(TimeSpan elapsed)
        {
            var figures = new Figures();
            figures.Add("io-errors", _cases, "cases");
            figures.Add("io-errors-failed", _failures, "cases");
            figures.Add("io-errors-calls", _calls, "calls");
            foreach (var (name, count) in _counts)
            {
                figures.Add($"io-errors-{name}", count, "cases");
            }

            figures.Add("io-errors-time", elapsed.TotalSeconds, "s");
            figures.Print(Console.Out);
            var isTelling = options.History is not null || new[] { "flush-stopped", "write-stopped", "allocate-full", "write-full" }.All(_counts.ContainsKey);
            if (!isTelling)
            {
                Console.WriteLine("FAILED: too few kinds of error to prove anything");
            }

            return _failures == 0 && isTelling ? 0 : 1;
        }

        private void Case(CrashSubject subject, int number, int call, InjectedError error)
        {
            foreach (var restart in Restarts)
            {
                Interlocked.Increment(ref _cases);
                try
                {
                    Try(subject, number, call, error, restart);
                }
                catch (Exception exception)
                {
                    Interlocked.Increment(ref _failures);
                    var what = exception is CrashCheckException ? exception.Message : exception.ToString();
                    Console.WriteLine($"FAILED: --seed {options.Seed} --history {number} --prefix {call} --image {(int)error} ({subject}, {error}, {restart}): {what}");
                }
            }
        }

        /// <summary>Runs a script, with one failing call if <paramref name="call"/> is not 0.</summary>
        /// <returns>How many calls it took.</returns>
        private int Try(CrashSubject subject, int number, int call, InjectedError error, CrashKind restart)
        {
            using var simulated = CrashImage.Empty.ToDisk((ulong)call);
            var disk = new ErrorDisk(simulated, call, error);
            using var recorder = new HistoryRecorder(subject, CrashRunner.Seed(options.Seed, number), disk, () => 0) { WhenFull = _ => true };
            IOException? stopped = null;
            try
            {
                recorder.Run(Steps);
            }
            catch (IOException exception) when (exception is DeviceFailedException or StoreFailedException)
            {
                stopped = exception;
            }

            if (call > 0)
            {
                Judge(subject, disk, recorder, stopped, error);
                simulated.Crash(restart);
                Close(recorder);
                recorder.ToHistory([]).Judge(0, FolderContent.Recover(subject, simulated));
            }

            return disk.Calls;
        }

        private void Judge(CrashSubject subject, ErrorDisk disk, HistoryRecorder recorder, IOException? stopped, InjectedError error)
        {
            var kind = disk.FailedKind ?? throw new CrashCheckException("the call never came");
            var isFlush = kind is DiskOperationKind.Flush or DiskOperationKind.FlushDirectory;
            if ((isFlush || error is InjectedError.InputOutput or InjectedError.ReadOnly) && disk.Failure is null)
            {
                throw new CrashCheckException($"{kind} failed with {error} and the disk works on");
            }

            if (stopped is null && disk.Failure is not null && !IsDisposal(recorder))
            {
                throw new CrashCheckException($"{kind} failed with {error} and nobody noticed");
            }

            Count($"{kind.ToString().ToLowerInvariant()}-{(stopped is not null ? "stopped" : error is InjectedError.NoSpace or InjectedError.Quota ? "full" : "passed")}");
            if (stopped is not null)
            {
                AssertStopped(subject, recorder, disk);
            }
        }

        /// <summary>Only the end of a store, which tells of no failure, can be the last thing of a script.</summary>
        private static bool IsDisposal(HistoryRecorder recorder) => recorder.Store is null && recorder.Log is null;

        /// <summary>Nothing is acknowledged any more, and reads go on.</summary>
        private static void AssertStopped(CrashSubject subject, HistoryRecorder recorder, ErrorDisk disk)
        {
            if (disk.HasFlushedAfterFailure)
            {
                throw new CrashCheckException("something was flushed after the device had failed");
            }

            // A store that finds no room for its meta page stops alone; the device goes on.
            if (disk.Failure is not null && recorder.Log is { } log)
            {
                AssertRefused("the log", () =>
                {
                    log.Append(null, [new LogEntry(log.LastIndex + 1, log.HardState.Term + 5, 0, default)]);
                    log.Flush();
                });
            }

            if (subject != CrashSubject.Log && recorder.Store is { } store)
            {
                AssertRefused("the store", () =>
                {
                    using var transaction = store.BeginWrite();
                    transaction.OpenTree(StoreState.TreeName).Put("more"u8, "more"u8);
                    transaction.Commit(Durability.Flushed);
                });
                using var reader = store.BeginRead();
                if (reader.TryOpenTree(StoreState.TreeName, out var tree))
                {
                    foreach (var entry in tree.Range(default, default))
                    {
                        _ = entry.Value.Length;
                    }
                }
            }
        }

        private static void AssertRefused(string what, Action action)
        {
            try
            {
                action();
            }
            catch (Exception exception) when (exception is IOException or ObjectDisposedException)
            {
                return;
            }

            throw new CrashCheckException($"{what} acknowledged something after its device had failed");
        }

        private static void Close(HistoryRecorder recorder)
        {
            try
            {
                recorder.Dispose();
            }
            catch (IOException exception)
            {
                throw new CrashCheckException($"what failed cannot be closed: {exception.Message}");
            }
        }

        private void Count(string name)
        {
            lock (_gate)
            {
                _counts[name] = _counts.GetValueOrDefault(name) + 1;
            }
        }
    }
}
