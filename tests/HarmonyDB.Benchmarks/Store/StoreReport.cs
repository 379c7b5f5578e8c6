using System.Globalization;
using HarmonyDB.Testing;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>What was measured so far: a line of the table at once, the figures at the end.</summary>
internal sealed class StoreReport
{
    private const string Ratio = "ratio";
    private readonly Figures _figures = new();

    /// <summary>Figures that do not reach their limit.</summary>
    public List<string> Missed { get; } = [];

    /// <summary>Whether there is any figure.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Prints the head of the table.</summary>
    public static void PrintHead() =>
        Console.WriteLine($"  {"figure",-12} {"HarmonyDB",14} {"peer",14} {"ratio",8} {"least",8} {"most",8}  {"limit",-8} {"",-5} what");

    /// <summary>Adds paired rounds: the figure is the median of the ratios of time per operation.</summary>
    public void AddPairs(string name, IReadOnlyList<Timing> ours, IReadOnlyList<Timing> theirs)
    {
        var ratios = ours.Zip(theirs, (own, other) => other.NanosecondsEach / own.NanosecondsEach).Order().ToArray();
        var own = Median(ours.Select(timing => timing.NanosecondsEach));
        var other = Median(theirs.Select(timing => timing.NanosecondsEach));
        Line(StoreFigure.Named(name), Nanoseconds(own), Nanoseconds(other), Median(ratios), ratios[0], ratios[^1], Ratio);
        _figures.Add($"{name}-ns", own, "ns");
        _figures.Add($"{name}-peer-ns", other, "ns");
    }

    /// <summary>Adds a size beside the peer's.</summary>
    public void AddSizes(string name, long own, long other)
    {
        var ratio = (double)own / other;
        Line(StoreFigure.Named(name), $"{own >> 10} KiB", $"{other >> 10} KiB", ratio, ratio, ratio, Ratio);
    }

    /// <summary>Adds a value that has no peer.</summary>
    public void AddAlone(string name, IReadOnlyList<double> values, string unit)
    {
        var median = Median(values);
        Line(StoreFigure.Named(name), string.Create(CultureInfo.InvariantCulture, $"{median:F2} {unit}"), "", median, values.Min(), values.Max(), unit);
    }

    /// <summary>Adds an absolute time for which there is nothing to compare.</summary>
    public void AddTime(string name, IReadOnlyList<Timing> ours)
    {
        var own = Median(ours.Select(timing => timing.NanosecondsEach));
        Console.WriteLine($"  {name,-12} {Nanoseconds(own),14} {"-",14}");
        Add($"{name}-ns", own, "ns");
    }

    /// <summary>Adds a number for information.</summary>
    public void Add(string name, double value, string unit)
    {
        IsEmpty = false;
        _figures.Add(name, value, unit);
    }

    /// <summary>Prints the figures.</summary>
    public void PrintFigures() => _figures.Print(Console.Out);

    private static string Nanoseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:N1} ns");

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private void Line(StoreFigure figure, string ours, string theirs, double value, double least, double most, string unit)
    {
        var verdict = figure.Limit is null ? "" : figure.IsReached(value) ? "pass" : "FAIL";
        if (!figure.IsReached(value))
        {
            Missed.Add(figure.Name);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {figure.Name,-12} {ours,14} {theirs,14} {value,8:F3} {least,8:F3} {most,8:F3}  {figure.LimitText,-8} {verdict,-5} {figure.Meaning}"));
        Add(figure.Name, value, unit);
    }
}
