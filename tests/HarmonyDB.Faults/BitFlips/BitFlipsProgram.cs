using System.Diagnostics;
using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.BitFlips;

/// <summary>
/// <c>bit-flips</c>: every bit of log segments, store files and a snapshot's stream, flipped; then more at once. What is touched must be refused; what may be the tail of
/// an interrupted write is cut and counted; nothing wrong is ever served.
/// </summary>
internal static class BitFlipsProgram
{
    private const int BatchFlips = 500;
    private const int FailuresMaximum = 10;
    private static readonly TimeSpan HangLimit = TimeSpan.FromSeconds(60);

    /// <summary>Runs it.</summary>
    /// <param name="options">How many; <see cref="CrashOptions.Image"/> is the only one to try.</param>
    /// <param name="stopping">Ends it.</param>
    /// <returns>0 when nothing went wrong.</returns>
    public static int Run(CrashOptions options, CancellationToken stopping)
    {
        Console.WriteLine($"bit-flips: {options.Count} flips, seed {options.Seed}");
        var started = Stopwatch.GetTimestamp();
        var run = new FlipRun(options);
        if (options.Image is { } only)
        {
            run.Try(Targets(), only);
        }
        else
        {
            Parallel.For(0, options.Jobs, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, _ => run.Work(Targets(), stopping));
            stopping.ThrowIfCancellationRequested();
        }

        return run.Report(Stopwatch.GetElapsedTime(started));
    }

    private static FlipTarget[] Targets() =>
    [
        new StoreFlipTarget(isDisposed: true),
        new LogFlipTarget(isLast: true, isClosed: true),
        new BackupFlipTarget(),
        new StoreFlipTarget(isDisposed: false),
        new LogFlipTarget(isLast: true, isClosed: false),
        new LogFlipTarget(isLast: false, isClosed: false),
    ];

    private sealed class FlipRun(CrashOptions options)
    {
        private readonly Lock _gate = new();
        private readonly SortedDictionary<string, long> _outcomes = new(StringComparer.Ordinal);
        private long _next;
        private long _done;
        private int _failures;
        private int _touchedBytes;

        public void Work(FlipTarget[] targets, CancellationToken stopping)
        {
            lock (_gate)
            {
                _touchedBytes = targets.OfType<StoreFlipTarget>().Sum(target => target.TouchedBytes);
            }

            var counts = new Dictionary<string, long>();
            long first;
            while ((first = Interlocked.Add(ref _next, BatchFlips) - BatchFlips) < options.Count && Volatile.Read(ref _failures) < FailuresMaximum)
            {
                stopping.ThrowIfCancellationRequested();
                counts.Clear();
                var end = Math.Min(options.Count, first + BatchFlips);
                var batch = Stopwatch.GetTimestamp();
                for (var number = first; number < end; number++)
                {
                    if (Try(targets, number) is { } outcome)
                    {
                        counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
                    }
                }

                Note(counts, end - first, Stopwatch.GetElapsedTime(batch));
            }
        }

        /// <summary>Tries one flip.</summary>
        /// <returns>The name of what came of it, or null when it would change nothing.</returns>
        public string? Try(FlipTarget[] targets, long number)
        {
            var target = targets[number % targets.Length];
            if (target.Damage(number / targets.Length, CrashRunner.Seed(options.Seed, (int)number)) is not { } damage)
            {
                return null;
            }

            try
            {
                return $"{target.Name}-{target.Try(damage.Bytes, damage.Start, damage.End).ToString().ToLowerInvariant()}";
            }
            catch (Exception exception)
            {
                lock (_gate)
                {
                    _failures++;
                    var what = exception is CrashCheckException ? exception.Message : exception.ToString();
                    Console.WriteLine($"FAILED: --seed {options.Seed} --image {number} ({target.Name}, bytes {damage.Start} to {damage.End - 1}): {what}");
                }

                return "failed";
            }
        }

        public int Report(TimeSpan elapsed)
        {
            var figures = new Figures();
            figures.Add("bit-flips", _done, "flips");
            figures.Add("bit-flips-failed", _failures, "flips");
            figures.Add("bit-flips-store-touched", _touchedBytes, "bytes");
            foreach (var (name, count) in _outcomes)
            {
                figures.Add($"bit-flips-{name}", count, "flips");
            }

            figures.Add("bit-flips-time", elapsed.TotalSeconds, "s");
            figures.Print(Console.Out);
            var isTelling = options.Image is not null
                || new[] { "store-refused", "store-takenback", "log-refused", "log-cut", "snapshot-refused" }.All(_outcomes.ContainsKey);
            if (!isTelling)
            {
                Console.WriteLine("FAILED: too few kinds of outcome to prove anything");
            }

            return _failures == 0 && isTelling ? 0 : 1;
        }

        private void Note(Dictionary<string, long> counts, long flips, TimeSpan elapsed)
        {
            lock (_gate)
            {
                foreach (var (name, count) in counts)
                {
                    _outcomes[name] = _outcomes.GetValueOrDefault(name) + count;
                }

                if (elapsed > HangLimit)
                {
                    _failures++;
                    Console.WriteLine($"FAILED: {flips} flips took {elapsed.TotalSeconds:F0} s");
                }

                var before = _done;
                _done += flips;
                if (_done * 10 / options.Count > before * 10 / options.Count)
                {
                    Console.WriteLine($"{_done} of {options.Count}, {_failures} failed");
                }
            }
        }
    }
}
