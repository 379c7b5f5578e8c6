using HarmonyDB.Raft;

namespace HarmonyDB.Messages;

/// <summary>
/// Settings that all members should have alike: with lease reads one that stands for election earlier than the leader's lease allows for makes reads
/// stale (Raft dissertation, section 6.4.1).
/// </summary>
/// <param name="TimeoutMinimum"><c>harmony.raft.election-timeout-min</c>, to the millisecond.</param>
/// <param name="TimeoutMaximum"><c>harmony.raft.election-timeout-max</c>, to the millisecond.</param>
/// <param name="CheckQuorum"><c>harmony.raft.check-quorum</c>.</param>
/// <param name="LeaseReads"><c>harmony.raft.lease-reads</c>.</param>
internal sealed record ElectionSettings(TimeSpan TimeoutMinimum, TimeSpan TimeoutMaximum, bool CheckQuorum, bool LeaseReads)
{
    /// <summary>Those of the core.</summary>
    public static ElectionSettings From(RaftOptions options) =>
        new(options.ElectionTimeoutMinimum, options.ElectionTimeoutMaximum, options.CheckQuorum, options.LeaseReads);

    /// <summary>What is different, in words; null when nothing is.</summary>
    public string? Differences(ElectionSettings other)
    {
        string[] differences =
        [
            .. Difference("election-timeout-min", TimeoutMinimum.TotalMilliseconds, other.TimeoutMinimum.TotalMilliseconds, " ms"),
            .. Difference("election-timeout-max", TimeoutMaximum.TotalMilliseconds, other.TimeoutMaximum.TotalMilliseconds, " ms"),
            .. Difference("check-quorum", OnOff(CheckQuorum), OnOff(other.CheckQuorum), ""),
            .. Difference("lease-reads", OnOff(LeaseReads), OnOff(other.LeaseReads), ""),
        ];
        return differences.Length == 0 ? null : string.Join(", ", differences);
    }

    private static string OnOff(bool value) => value ? "on" : "off";

    private static IEnumerable<string> Difference<TValue>(string name, TValue own, TValue other, string unit)
    {
        if (!Equals(own, other))
        {
            yield return FormattableString.Invariant($"harmony.raft.{name} is {own}{unit} here and {other}{unit} there");
        }
    }
}
