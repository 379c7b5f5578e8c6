using System.Globalization;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>Durations as the command line writes them: <c>250ms</c>, <c>5s</c>, <c>2m</c>.</summary>
internal static class Durations
{
    /// <summary>Parses a positive duration of at most one hour; a number without a unit is refused, since nobody can guess it.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        var unitAt = text.AsSpan().IndexOfAnyExcept("0123456789.");
        if (unitAt <= 0 || !double.TryParse(text.AsSpan(0, unitAt), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        var seconds = text[unitAt..] switch
        {
            "ms" => number / 1000,
            "s" => number,
            "m" => number * 60,
            _ => 0,
        };
        if (seconds is <= 0 or > 3600)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
