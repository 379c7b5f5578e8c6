namespace HarmonyDB.Faults.CrashImages;

/// <summary>Runs histories side by side until enough cases were tried.</summary>
internal static class CrashRunner
{
    /// <summary>Runs histories 0, 1, 2, ... or the only one that is asked for.</summary>
    public static void ForEachHistory(CrashOptions options, CrashTally tally, CancellationToken stopping, Action<int> run)
    {
        if (options.History is { } only)
        {
            run(only);
            return;
        }

        var next = -1;
        Parallel.For(0, options.Jobs, new ParallelOptions { MaxDegreeOfParallelism = options.Jobs }, _ =>
        {
            while (!tally.IsEnough && !stopping.IsCancellationRequested)
            {
                run(Interlocked.Increment(ref next));
            }
        });
        stopping.ThrowIfCancellationRequested();
    }

    /// <summary>The images of a power cut: all of them if they are few, else some.</summary>
    public static IEnumerable<CrashImage> Images(DeviceModel model, int seed, int enumeratedMaximum, int drawnMaximum)
    {
        if (model.CountImages() <= enumeratedMaximum)
        {
            var all = new ImageChooser.Enumerating(seed);
            do
            {
                yield return model.Draw(all);
            }
            while (all.MoveNext());
            yield break;
        }

        for (var i = 0; i < drawnMaximum; i++)
        {
            yield return model.Draw(new ImageChooser.Drawing(Seed(seed, i)));
        }
    }

    /// <summary>A seed that follows from numbers.</summary>
    public static int Seed(params ReadOnlySpan<int> numbers)
    {
        var mixed = 0x9E3779B97F4A7C15ul;
        foreach (var number in numbers)
        {
            mixed = (mixed ^ (uint)number) * 0xBF58476D1CE4E5B9ul;
            mixed ^= mixed >> 29;
        }

        return (int)(mixed & int.MaxValue);
    }
}
