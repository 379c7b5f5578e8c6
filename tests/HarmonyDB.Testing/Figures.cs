using System.Globalization;

namespace HarmonyDB.Testing;

/// <summary>
/// What a program measured: first a table for people, then a line <c>figure NAME VALUE UNIT</c> each for whoever collects them.
/// </summary>
public sealed class Figures
{
    private readonly List<(string Name, double Value, string Unit)> _figures = [];

    /// <summary>Adds a figure.</summary>
    /// <param name="name">Lower case, words joined with hyphens.</param>
    /// <param name="value">The value.</param>
    /// <param name="unit">Its unit, one word: <c>ms</c>, <c>writes</c>, <c>writes/s</c>.</param>
    public void Add(string name, double value, string unit) => _figures.Add((name, value, unit));

    /// <summary>Prints the figures added so far.</summary>
    public void Print(TextWriter output)
    {
        var nameWidth = _figures.Max(f => f.Name.Length);
        var valueWidth = _figures.Max(f => Text(f.Value).Length);
        output.WriteLine();
        foreach (var (name, value, unit) in _figures)
        {
            output.WriteLine($"  {name.PadRight(nameWidth)}  {Text(value).PadLeft(valueWidth)} {unit}");
        }

        output.WriteLine();
        foreach (var (name, value, unit) in _figures)
        {
            output.WriteLine($"figure {name} {Text(value)} {unit}");
        }
    }

    private static string Text(double value) =>
        value.ToString(value == Math.Floor(value) || Math.Abs(value) >= 1000 ? "F0" : "F3", CultureInfo.InvariantCulture);
}
