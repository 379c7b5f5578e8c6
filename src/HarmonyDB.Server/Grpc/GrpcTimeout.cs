using System.Globalization;

namespace HarmonyDB.Server.Grpc;

/// <summary>The <c>grpc-timeout</c> header: one to eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    public const string Header = "grpc-timeout";

    private const int DigitsMax = 8;
    private const long LargestNumber = 99_999_999;
    private const long NanosecondsPerTick = 100;

    // A timer takes at most about 49 days; a deadline beyond this one is as good as none.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    /// <returns>False when the header is not of that form.</returns>
    public static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is null || text.Length is < 2 or > DigitsMax + 1
            || !long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return false;
        }

        long ticks;
        switch (text[^1])
        {
            case 'H':
                ticks = number * TimeSpan.TicksPerHour;
                break;
            case 'M':
                ticks = number * TimeSpan.TicksPerMinute;
                break;
            case 'S':
                ticks = number * TimeSpan.TicksPerSecond;
                break;
            case 'm':
                ticks = number * TimeSpan.TicksPerMillisecond;
                break;
            case 'u':
                ticks = number * TimeSpan.TicksPerMicrosecond;
                break;
            case 'n':
                ticks = number / NanosecondsPerTick;
                break;
            default:
                return false;
        }

        timeout = TimeSpan.FromTicks(Math.Min(ticks, Longest.Ticks));
        return true;
    }

    /// <summary>The finest unit that holds it.</summary>
    public static string Format(TimeSpan timeout)
    {
        var microseconds = Math.Max(1, timeout.Ticks / TimeSpan.TicksPerMicrosecond);
        if (microseconds <= LargestNumber)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{microseconds}u");
        }

        var milliseconds = timeout.Ticks / TimeSpan.TicksPerMillisecond;
        return milliseconds <= LargestNumber
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(timeout.Ticks / TimeSpan.TicksPerSecond, LargestNumber)}S");
    }
}
