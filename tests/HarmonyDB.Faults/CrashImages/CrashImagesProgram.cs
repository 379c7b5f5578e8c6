using System.Diagnostics;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>
/// <c>crash-images</c>: histories of log, store and a node's folder, cut after every operation of the disk, with every subset of the sectors that were not flushed, each
/// old, new, zero, garbage or half. All that was acknowledged must be there, nothing that never was, and work must go on.
/// </summary>
internal static class CrashImagesProgram
{
    /// <summary>With no more images than this a crash is tried in all of them, else in <see cref="DrawnMaximum"/>.</summary>
    private const int EnumeratedMaximum = 640;

    private const int DrawnMaximum = 40;
    private const int SubjectCount = 3;

    /// <summary>Runs it.</summary>
    /// <returns>0 when every image was in order and enough of them were tried.</returns>
    public static int Run(CrashOptions options, CancellationToken stopping)
    {
        var tally = new CrashTally(options.Count);
        var started = Stopwatch.GetTimestamp();
        Console.WriteLine($"crash-images: {options.Count} images, seed {options.Seed}");
        CrashRunner.ForEachHistory(options, tally, stopping, number => RunHistory(options, number, tally));
        return tally.Report("crash-images", options, Stopwatch.GetElapsedTime(started), tally.HasAll(CrashTally.Cut, CrashTally.Discarded, CrashTally.LogAhead, CrashTally.StoreAhead));
    }

    private static void RunHistory(CrashOptions options, int number, CrashTally tally)
    {
        var subject = (CrashSubject)(number % SubjectCount);
        var history = HistoryRecorder.Record(subject, CrashRunner.Seed(options.Seed, number));
        var model = new DeviceModel(CrashImage.Empty);
        var seen = new HashSet<(ulong Hash, Expectation Expected)>();
        for (var prefix = 0; prefix <= history.Events.Count && !tally.IsEnough; prefix++)
        {
            if (prefix > 0)
            {
                model.Apply(history.Events[prefix - 1]);
            }

            if (options.Prefix is { } only && prefix != only)
            {
                continue;
            }

            tally.Add(CrashTally.Prefixes);
            var drawn = 0;
            foreach (var image in CrashRunner.Images(model, CrashRunner.Seed(options.Seed, number, prefix), EnumeratedMaximum, DrawnMaximum))
            {
                var imageNumber = drawn++;
                var hash = image.ComputeHash();
                if ((options.Image is { } wanted && imageNumber != wanted) || !seen.Add((hash, history.At(prefix))))
                {
                    continue;
                }

                tally.AddImage(subject, hash);
                tally.Try($"--seed {options.Seed} --history {number} --prefix {prefix} --image {imageNumber} ({subject})", () => Check(history, prefix, image, tally));
            }
        }
    }

    private static void Check(History history, int prefix, CrashImage image, CrashTally tally)
    {
        using var disk = image.ToDisk(1);
        FolderContent after;
        (var before, after) = FolderContent.RecoverAndGoOn(history.Subject, disk);
        tally.Add(history.Judge(prefix, before));

        // What was done then survives the next power cut.
        disk.Crash(CrashKind.PowerLost);
        var again = FolderContent.Recover(history.Subject, disk);
        if ((again.Log is not null && !again.Log.IsSameAs(after.Log!)) || (again.Store is not null && !again.Store.IsSameAs(after.Store!)))
        {
            throw new CrashCheckException($"after recovery and more work [{after.Log} {after.Store}], after another power cut [{again.Log} {again.Store}]");
        }
    }
}
