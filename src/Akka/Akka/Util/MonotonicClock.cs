using System.Diagnostics;

namespace Akka.Util;

internal static class MonotonicClock
{
    private static readonly long Start = Stopwatch.GetTimestamp();
    public static TimeSpan Elapsed => Stopwatch.GetElapsedTime(Start);
}
