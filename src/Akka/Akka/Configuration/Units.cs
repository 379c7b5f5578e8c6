using System.Globalization;

namespace Akka.Configuration;

/// <summary>Durations and sizes as Akka.NET's configuration writes them.</summary>
internal static class Units
{
    private static readonly (double Milliseconds, string[] Names)[] Durations =
    [
        (1e-6, ["ns", "nano", "nanos", "nanosecond", "nanoseconds"]),
        (1e-3, ["us", "micro", "micros", "microsecond", "microseconds"]),
        (1, ["ms", "milli", "millis", "millisecond", "milliseconds", ""]),
        (1e3, ["s", "second", "seconds"]),
        (60e3, ["m", "minute", "minutes"]),
        (3600e3, ["h", "hour", "hours"]),
        (86400e3, ["d", "day", "days"]),
    ];

    private static readonly string[] Names = ["kilo", "mega", "giga", "tera", "peta", "exa"];
    private static readonly string[] BinaryNames = ["kibi", "mebi", "gibi", "tebi", "pebi", "exbi"];

    public static TimeSpan ParseDuration(string text, bool allowInfinite)
    {
        if (allowInfinite && text is "infinite" or "-1")
        {
            return Timeout.InfiniteTimeSpan;
        }

        var (number, unit) = Split(text);
        foreach (var (milliseconds, names) in Durations)
        {
            if (names.Contains(unit))
            {
                return TimeSpan.FromMilliseconds(double.Parse(number, CultureInfo.InvariantCulture) * milliseconds);
            }
        }

        throw new FormatException($"'{text}' is not a duration");
    }

    public static long ParseSize(string text)
    {
        var (number, unit) = Split(text);
        return checked((long)(decimal.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture) * Factor(unit, text)));
    }

    // "kB" and "kilobytes" are powers of 1000; "k", "K", "KiB" and "kibibytes" of 1024.
    private static long Factor(string unit, string text)
    {
        if (unit is "" or "b" or "B" or "byte" or "bytes")
        {
            return 1;
        }

        long binary = 1, metric = 1;
        for (var i = 0; i < 6; i++)
        {
            binary *= 1024;
            metric *= 1000;
            var letter = "KMGTPE".Substring(i, 1);
            if (unit == letter || unit == letter.ToLowerInvariant() || unit == letter + "i" || unit == letter + "iB"
                || unit == BinaryNames[i] + "byte" || unit == BinaryNames[i] + "bytes")
            {
                return binary;
            }

            if (unit == (i == 0 ? "k" : letter) + "B" || unit == Names[i] + "byte" || unit == Names[i] + "bytes")
            {
                return metric;
            }
        }

        throw new FormatException($"'{text}' is not a size");
    }

    private static (string Number, string Unit) Split(string text)
    {
        var end = text.TrimEnd().Length;
        var start = end;
        while (start > 0 && char.IsAsciiLetter(text[start - 1]))
        {
            start--;
        }

        return (text[..start].Trim(), text[start..end]);
    }
}
