using System.Diagnostics.Metrics;
using HarmonyDB.Replication;

namespace HarmonyDB.Actors;

/// <summary>The instruments of the meter <c>HarmonyDB</c> (System.Diagnostics.Metrics); docs/operations.md lists them. Safe for use from any thread.</summary>
internal static class NodeMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "HarmonyDB";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Histogram<double> FlushDuration = Meter.CreateHistogram<double>("harmonydb.log.flush.duration", "s", "Duration of a flush of the log.");
    private static readonly Histogram<double> StallDuration = Meter.CreateHistogram<double>(
        "harmonydb.disk.stall.duration", "s", "Duration of a write or flush that took longer than harmony.log.stall-threshold.");
    private static readonly Counter<long> Full = Meter.CreateCounter<long>("harmonydb.disk.full", "{time}", "Times that the disk was found full, by part.");
    private static readonly Counter<long> Cut = Meter.CreateCounter<long>("harmonydb.log.cut", "By", "Bytes of torn tails that were cut from the log.");
    private static readonly Counter<long> Quarantined = Meter.CreateCounter<long>("harmonydb.damage.quarantined", "{file}", "Files that were damaged and set aside, by part.");

    /// <summary>A flush of the log is done.</summary>
    public static void Flushed(TimeSpan took) => FlushDuration.Record(took.TotalSeconds);

    /// <summary>A write or flush took too long.</summary>
    public static void Stalled(TimeSpan took) => StallDuration.Record(took.TotalSeconds);

    /// <summary>The disk was found full, or has space again.</summary>
    public static void DiskFull(DiskPart part, bool isFull)
    {
        if (isFull)
        {
            Full.Add(1, new KeyValuePair<string, object?>("part", part.ToString().ToLowerInvariant()));
        }
    }

    /// <summary>A torn tail was cut.</summary>
    public static void TailCut(long bytes) => Cut.Add(bytes);

    /// <summary>A damaged file was set aside.</summary>
    public static void FileQuarantined(DiskPart part) => Quarantined.Add(1, new KeyValuePair<string, object?>("part", part.ToString().ToLowerInvariant()));
}
