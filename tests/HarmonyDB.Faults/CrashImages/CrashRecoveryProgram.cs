using System.Diagnostics;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>
/// <c>crash-recovery</c>: crashes as <c>crash-images</c> makes them, and then again at every operation of the recovery and of the first work after it, and in the recovery
/// from that once more. The end must be the same as after one crash.
/// </summary>
internal static class CrashRecoveryProgram
{
    private const string Second = "depth-2";
    private const string Third = "depth-3";
    private const int SubjectCount = 3;

    /// <summary>How many images of the first crash are gone into: more where recovery does less.</summary>
    private static readonly int[] FirstImages = [8, 2, 4];

    /// <summary>Runs it.</summary>
    /// <returns>0 when every image was in order and enough of them were tried.</returns>
    public static int Run(CrashOptions options, CancellationToken stopping)
    {
        var tally = new CrashTally(options.Count);
        var started = Stopwatch.GetTimestamp();
        Console.WriteLine($"crash-recovery: {options.Count} images, seed {options.Seed}");
        CrashRunner.ForEachHistory(options, tally, stopping, number => RunHistory(options, number, tally));
        return tally.Report("crash-recovery", options, Stopwatch.GetElapsedTime(started), tally.HasAll(Second, Third, CrashTally.Cut, CrashTally.Discarded));
    }

    private static void RunHistory(CrashOptions options, int number, CrashTally tally)
    {
        var subject = (CrashSubject)(number % SubjectCount);
        var history = HistoryRecorder.Record(subject, CrashRunner.Seed(options.Seed, number));
        var model = new DeviceModel(CrashImage.Empty);
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

            var imageNumber = 0;
            foreach (var image in CrashRunner.Images(model, CrashRunner.Seed(options.Seed, number, prefix), enumeratedMaximum: 0, FirstImages[(int)subject]))
            {
                var seed = CrashRunner.Seed(options.Seed, number, prefix, imageNumber);
                if (options.Image is null || options.Image == imageNumber)
                {
                    tally.Try(
                        $"--seed {options.Seed} --history {number} --prefix {prefix} --image {imageNumber} ({subject})",
                        () => new Descent(subject, tally).Run(image, seed, found => tally.Add(history.Judge(prefix, found))));
                }

                imageNumber++;
            }
        }
    }

    /// <summary>From one crash into the crashes of its recovery.</summary>
    private sealed class Descent(CrashSubject subject, CrashTally tally)
    {
        public void Run(CrashImage image, int seed, Action<FolderContent> judge)
        {
            var (events, first) = Recover(image, judge);
            ForEachCrash(image, events, seed, (second, isLast, secondSeed) =>
            {
                Count(second, Second);
                var (secondEvents, found) = Recover(second, content => AssertSame(content, first, isLast, Second));
                ForEachCrash(second, secondEvents, secondSeed, (third, isLastOfThird, thirdSeed) =>
                {
                    if ((secondSeed + thirdSeed) % 16 == 0)
                    {
                        Count(third, Third);
                        Recover(third, content => AssertSame(content, found, isLastOfThird, Third));
                    }
                });
            });
        }

        private static void ForEachCrash(CrashImage start, IReadOnlyList<DiskEvent> events, int seed, Action<CrashImage, bool, int> visit)
        {
            var model = new DeviceModel(start);
            for (var prefix = 0; prefix <= events.Count; prefix++)
            {
                if (prefix > 0)
                {
                    model.Apply(events[prefix - 1]);
                }

                var crashSeed = CrashRunner.Seed(seed, prefix);
                visit(model.Draw(new ImageChooser.Drawing(crashSeed)), prefix == events.Count, crashSeed);
            }
        }

        private (IReadOnlyList<DiskEvent> Events, (FolderContent Before, FolderContent After) Found) Recover(CrashImage image, Action<FolderContent> judge)
        {
            using var disk = image.ToDisk(1);
            var recording = new RecordingDisk(disk, image);
            var found = FolderContent.RecoverAndGoOn(subject, recording);
            judge(found.Before);
            return (recording.Events, found);
        }

        private void Count(CrashImage image, string depth)
        {
            tally.Add(depth);
            tally.AddImage(subject, image.ComputeHash());
        }

        /// <summary>Log and store are each as they were before the work that was interrupted, or after it, or in the log between its records.</summary>
        private static void AssertSame(FolderContent found, (FolderContent Before, FolderContent After) once, bool isFinished, string depth)
        {
            var isLogSame = found.Log is null || found.Log.IsSameAs(once.After.Log!) || (!isFinished
                && (found.Log.IsSameAs(once.Before.Log!) || found.Log.IsSameAs(once.Before.Log! with { HardState = once.After.Log!.HardState })));
            var isStoreSame = found.Store is null || found.Store.IsSameAs(once.After.Store!) || (!isFinished && found.Store.IsSameAs(once.Before.Store!));
            if (!isLogSame || !isStoreSame)
            {
                throw new CrashCheckException(
                    $"at {depth} [{found.Log} {found.Store}], before [{once.Before.Log} {once.Before.Store}] and after [{once.After.Log} {once.After.Store}]");
            }
        }
    }
}
