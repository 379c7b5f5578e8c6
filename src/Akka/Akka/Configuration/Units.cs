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

    // "kB" and "kilobytes" are powers of 1000; "k", "K", "KiB" and "kibibytes" of 1024.
    private static readonly (long Bytes, string[] Names)[] Sizes =
    [
        (1, ["", "b", "B", "byte", "bytes"]),
        (1000, ["kB", "kilobyte", "kilobytes"]),
        (1000_000, ["MB", "megabyte", "megabytes"]),
        (1000_000_000, ["GB", "gigabyte", "gigabytes"]),
        (1000_000_000_000, ["TB", "terabyte", "terabytes"]),
        (1L << 10, ["k", "K", "Ki", "KiB", "kibibyte", "kibibytes"]),
        (1L << 20, ["m", "M", "Mi", "MiB", "mebibyte", "mebibytes"]),
        (1L << 30, ["g", "G", "Gi", "GiB", "gibibyte", "gibibytes"]),
        (1L << 40, ["t", "T", "Ti", "TiB", "tebibyte", "tebibytes"]),
    ];

    public static TimeSpan ParseDuration(string text, bool allowInfinite) => allowInfinite && text is "infinite" or "-1"
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromMilliseconds((double)Parse(text, Durations, "a duration", out var milliseconds) * milliseconds);

    public static long ParseSize(string text) => checked((long)(Parse(text, Sizes, "a size", out var bytes) * bytes));

    private static decimal Parse<T>(string text, (T Factor, string[] Names)[] units, string what, out T factor)
    {
        var number = text.TrimEnd().TrimEnd([.. "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]);
        var unit = text[number.Length..].TrimEnd();
        var index = Array.FindIndex(units, u => u.Names.Contains(unit));
        factor = index >= 0 ? units[index].Factor : throw new FormatException($"'{text}' is not {what}");
        return decimal.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture);
    }
}
