using System.Diagnostics;
using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.DiskFull;

/// <summary>
/// <c>disk-full</c>: scripted work on log, store and a node's folder that finds the disk full at every write and allocation in turn. It is told so with an error, reads
/// everything meanwhile, goes on when there is space again, and nothing is lost then or after a restart.
/// </summary>
internal static class DiskFullProgram
{
    private const int Steps = 200;
    private const int FailuresMaximum = 10;
    private const int RefusalsWhileFull = 3;

    /// <summary>Runs it.</summary>
    /// <param name="scripts">How many scripts for each of log, store and folder.</param>
    /// <param name="options">Seed and jobs; history and prefix are the number of the only script and call to try.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>0 when nothing went wrong.</returns>
    public static int Run(int scripts, CrashOptions options, CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        var run = new FullRun(options);
        Console.WriteLine($"disk-full: {scripts} scripts each of {Steps} steps for log, store and folder, seed {options.Seed}");
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

    private sealed class FullRun(CrashOptions options)
    {
        private int _cases;
        private int _calls;
        private int _refused;
        private int _stopped;
        private int _failures;

        public void Script(int number)
        {
            var subject = (CrashSubject)(number % 3);
            var calls = Try(subject, number, 0, refusesOverwrites: false, CrashKind.ProcessKilled);
            for (var call = 1; call <= calls && Volatile.Read(ref _failures) < FailuresMaximum; call++)
            {
                if (options.Prefix is { } only && only != call)
                {
                    continue;
                }

                Interlocked.Increment(ref _calls);
                for (var variant = 0; variant < 2; variant++)
                {
                    Interlocked.Increment(ref _cases);
                    try
                    {
                        Try(subject, number, call, refusesOverwrites: variant == 1, (CrashKind)((call + variant) % 3));
                    }
                    catch (Exception exception)
                    {
                        Interlocked.Increment(ref _failures);
                        var what = exception is CrashCheckException ? exception.Message : exception.ToString();
                        Console.WriteLine($"FAILED: --seed {options.Seed} --history {number} --prefix {call} ({subject}, variant {variant}): {what}");
                    }
                }
            }

            Console.WriteLine($"script {number} ({subject}): {calls} writes and allocations, {_failures} failed");
        }

        public int Report(TimeSpan elapsed)
        {
            var figures = new Figures();
            figures.Add("disk-full", _cases, "cases");
            figures.Add("disk-full-failed", _failures, "cases");
            figures.Add("disk-full-calls", _calls, "calls");
            figures.Add("disk-full-refusals", _refused, "times");
            figures.Add("disk-full-restarts-needed", _stopped, "cases");
            figures.Add("disk-full-time", elapsed.TotalSeconds, "s");
            figures.Print(Console.Out);
            if (_refused == 0)
            {
                Console.WriteLine("FAILED: the disk was never full");
            }

            return _failures == 0 && _refused > 0 ? 0 : 1;
        }

        private int Try(CrashSubject subject, int number, int call, bool refusesOverwrites, CrashKind restart)
        {
            using var simulated = CrashImage.Empty.ToDisk((ulong)call);
            var disk = new FullDisk(simulated, call, refusesOverwrites);
            var refusals = 0;
            HistoryRecorder? recorder = null;
            recorder = new HistoryRecorder(subject, CrashRunner.Seed(options.Seed, number), disk, () => 0)
            {
                WhenFull = _ =>
                {
                    Interlocked.Increment(ref _refused);
                    AssertReadable(recorder!);
                    if (++refusals >= RefusalsWhileFull)
                    {
                        disk.FreeSpace();
                    }

                    return refusals <= RefusalsWhileFull + 1;
                },
            };
            using (recorder)
            {
                try
                {
                    recorder.Run(Steps);
                    AssertReadable(recorder);
                }
                catch (StoreFailedException) when (disk.HasRefusedOverwrite)
                {
                    // A meta page lies in allocated blocks. A system that finds no room for it leaves it open what it holds: the one case that takes a restart.
                    Interlocked.Increment(ref _stopped);
                    AssertReadable(recorder);
                }

                simulated.Crash(restart);
            }

            recorder.ToHistory([]).Judge(0, FolderContent.Recover(subject, simulated));
            return disk.Calls;
        }

        /// <summary>What was written is there for readers, in the log to its last entry and in the store to its last commit.</summary>
        private static void AssertReadable(HistoryRecorder recorder)
        {
            if (recorder.Log is { } log)
            {
                var found = LogContent.Read(log);
                if (found.Entries.Length == 0 && log.LastIndex != log.FirstIndex - 1)
                {
                    throw new CrashCheckException("the log gives no entries while the disk is full");
                }
            }

            if (recorder.Store is { } store)
            {
                _ = StoreContent.Read(store);
            }
        }
    }
}
