using Akka.Event;

namespace HarmonyDB.Actors;

/// <summary>Measures how long the disk takes, and tells of what takes too long: one line with its duration, when it is over.</summary>
/// <remarks>For one thread.</remarks>
internal sealed class DiskStallMeter
{
    private readonly ILoggingAdapter _log;
    private readonly TimeSpan _threshold;
    private readonly TimeProvider _time;

    /// <summary>Creates it.</summary>
    /// <param name="log">Where the line goes.</param>
    /// <param name="threshold">What takes longer is a stall.</param>
    /// <param name="time">Source of timestamps.</param>
    public DiskStallMeter(ILoggingAdapter log, TimeSpan threshold, TimeProvider time)
    {
        _log = log;
        _threshold = threshold;
        _time = time;
    }

    /// <summary>Does something that may stall.</summary>
    /// <param name="what">What it is, for the line.</param>
    /// <param name="work">Does it; its exceptions pass through.</param>
    public void Time(string what, Action work) => Measure(what, work);

    /// <summary>The same for a flush, whose duration is a metric of its own.</summary>
    public void TimeFlush(string what, Action flush) => NodeMetrics.Flushed(Measure(what, flush));

    private TimeSpan Measure(string what, Action work)
    {
        long began = _time.GetTimestamp();
        work();
        TimeSpan took = _time.GetElapsedTime(began);
        if (took >= _threshold)
        {
            NodeMetrics.Stalled(took);
            _log.Warning("The disk stalled: a {0} took {1:F3} s. A leader whose disk stands still hands over; look at what else uses the disk.", what, took.TotalSeconds);
        }

        return took;
    }
}
