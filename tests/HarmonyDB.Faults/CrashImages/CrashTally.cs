using System.Globalization;
using HarmonyDB.Testing;

namespace HarmonyDB.Faults.CrashImages;

/// <summary>Counts what was tried and what was found. Safe for several threads.</summary>
internal sealed class CrashTally(int wanted)
{
    public const string Prefixes = "prefixes";
    public const string Cut = "torn-tails-cut";
    public const string Discarded = "commits-taken-back";
    public const string LogAhead = "unacknowledged-records-found";
    public const string StoreAhead = "unacknowledged-commits-found";

    private const int FailuresMaximum = 10;
    private const int Parts = 10;

    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _images = [];
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private int _failures;
    private int _reportedParts;

    /// <summary>Whether enough cases were tried, or too many failed.</summary>
    public bool IsEnough
    {
        get
        {
            lock (_gate)
            {
                return _images.Count >= wanted || _failures >= FailuresMaximum;
            }
        }
    }

    /// <summary>Counts an image; one that was there before does not count again.</summary>
    public void AddImage(CrashSubject subject, ulong hash)
    {
        lock (_gate)
        {
            if (!_images.Add(hash))
            {
                return;
            }

            AddLocked($"images-{subject.ToString().ToLowerInvariant()}");
            var part = (int)((long)_images.Count * Parts / wanted);
            if (part > _reportedParts)
            {
                _reportedParts = part;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_images.Count} of {wanted}, {_failures} failed"));
            }
        }
    }

    public void Add(string name)
    {
        lock (_gate)
        {
            AddLocked(name);
        }
    }

    public void Add(Verdict verdict)
    {
        lock (_gate)
        {
            AddIf(verdict.IsCut, Cut);
            AddIf(verdict.IsDiscarded, Discarded);
            AddIf(verdict.IsLogAhead, LogAhead);
            AddIf(verdict.IsStoreAhead, StoreAhead);
        }
    }

    /// <summary>Tries a case; whatever it throws is a failure, printed with the options that repeat it.</summary>
    public void Try(string repeat, Action check)
    {
        try
        {
            check();
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                _failures++;
                var what = exception is CrashCheckException ? exception.Message : exception.ToString();
                Console.WriteLine($"FAILED: {repeat}: {what}");
            }
        }
    }

    public bool HasAll(params ReadOnlySpan<string> names)
    {
        lock (_gate)
        {
            foreach (var name in names)
            {
                if (!_counts.ContainsKey(name))
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Prints the figures.</summary>
    /// <returns>The exit code: 1 if a case failed, too few were tried, or they proved nothing.</returns>
    public int Report(string name, CrashOptions options, TimeSpan elapsed, bool isTelling)
    {
        var figures = new Figures();
        lock (_gate)
        {
            figures.Add(name, _images.Count, "images");
            figures.Add($"{name}-failed", _failures, "images");
            foreach (var (part, count) in _counts)
            {
                figures.Add($"{name}-{part}", count, "times");
            }

            figures.Add($"{name}-time", elapsed.TotalSeconds, "s");
            figures.Print(Console.Out);
            if (options.History is not null)
            {
                return _failures == 0 && _images.Count > 0 ? 0 : 1;
            }

            if (!isTelling)
            {
                Console.WriteLine("FAILED: the crashes were too harmless to prove anything");
            }

            return _failures == 0 && _images.Count >= wanted && isTelling ? 0 : 1;
        }
    }

    private void AddIf(bool applies, string name)
    {
        if (applies)
        {
            AddLocked(name);
        }
    }

    private void AddLocked(string name) => _counts[name] = _counts.GetValueOrDefault(name) + 1;
}
