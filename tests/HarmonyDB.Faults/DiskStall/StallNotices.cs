using System.Globalization;
using System.Text.RegularExpressions;

namespace HarmonyDB.Faults.DiskStall;

/// <summary>Finds in what a node printed how long its disk made it wait.</summary>
internal static partial class StallNotices
{
    /// <summary>The stalls that the node noticed, in order.</summary>
    public static IEnumerable<TimeSpan> Read(IEnumerable<string> lines) => lines
        .Select(line => Notice().Match(line))
        .Where(match => match.Success)
        .Select(match => TimeSpan.FromSeconds(double.Parse(match.Groups["seconds"].Value, CultureInfo.InvariantCulture)));

    [GeneratedRegex(@"The disk stalled: a (flush of|write to) the log took (?<seconds>\d+\.\d+) s")]
    private static partial Regex Notice();
}
