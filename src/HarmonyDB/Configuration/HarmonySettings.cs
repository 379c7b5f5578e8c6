using System.Net;
using System.Text.RegularExpressions;
using Akka.Configuration;

namespace HarmonyDB.Configuration;

/// <summary>The settings under <c>harmony</c>, read once and checked as a whole. <c>hocon/reference.conf</c> says what each means.</summary>
public sealed partial record HarmonySettings
{
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);

    private HarmonySettings()
    {
    }

    /// <summary><c>harmony.name</c>.</summary>
    public required string Name { get; init; }

    /// <summary><c>harmony.data-dir</c>, as a full path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Name of the ActorSystem on every node.</summary>
    public required string ActorSystemName { get; init; }

    /// <summary>The configured members, in order.</summary>
    public required IReadOnlyList<MemberSettings> Members { get; init; }

    /// <summary>The entry of the list that is this node.</summary>
    public required MemberSettings Self { get; init; }

    /// <summary>How often a blank node greets the others.</summary>
    public required TimeSpan BirthProbeInterval { get; init; }

    /// <summary><c>harmony.raft</c>.</summary>
    public required RaftSettings Raft { get; init; }

    /// <summary>Size of a log segment, in bytes.</summary>
    public required long LogSegmentBytes { get; init; }

    /// <summary>Whether this node, while blank, joins a cluster that exists.</summary>
    public required bool Joins { get; init; }

    /// <summary>How long a snapshot on its way to a member may keep its state of the store.</summary>
    public required TimeSpan SnapshotPinTimeout { get; init; }

    /// <summary>The log is not made smaller than this, in bytes.</summary>
    public required long LogRetainBytes { get; init; }

    /// <summary>How long a write or flush of the log may take before it is told and counted as a stall.</summary>
    public required TimeSpan LogStallThreshold { get; init; }

    /// <summary>Whether a node whose log is damaged sets its files aside and joins its cluster anew.</summary>
    public required bool RejoinsWhenDamaged { get; init; }

    /// <summary><c>harmony.store</c>.</summary>
    public required StoreSettings Store { get; init; }

    /// <summary><c>harmony.limits</c>.</summary>
    public required LimitSettings Limits { get; init; }

    /// <summary><c>harmony.server</c>.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>Reads the settings.</summary>
    /// <param name="config">A configuration with a <c>harmony</c> section; defaults need not be in it.</param>
    /// <exception cref="ConfigurationProblemException">With every problem that was found.</exception>
    public static HarmonySettings From(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        var reader = new SettingsReader(config.WithFallback(HarmonyConfig.Reference));
        SettingNames.Check(config, reader.Problems);
        string name = reader.Text("harmony.name");
        IReadOnlyList<MemberSettings> members = reader.Members("harmony.cluster.members");
        MemberSettings self = CheckMembers(reader, name, members);
        var settings = new HarmonySettings
        {
            Name = name,
            DataDirectory = ReadDataDirectory(reader),
            ActorSystemName = ReadActorSystemName(reader),
            Members = members,
            Self = self,
            BirthProbeInterval = reader.Duration("harmony.cluster.birth-probe-interval", 50 * Millisecond, TimeSpan.FromSeconds(10)),
            Joins = reader.Switch("harmony.cluster.join"),
            SnapshotPinTimeout = reader.Duration("harmony.snapshot.pin-timeout", TimeSpan.FromSeconds(10), TimeSpan.FromHours(24)),
            Raft = RaftSettings.From(reader),
            LogSegmentBytes = reader.Bytes("harmony.log.segment-bytes", 64 << 10, 1 << 30),
            LogRetainBytes = reader.Bytes("harmony.log.retain-bytes", 1 << 20, long.MaxValue),
            LogStallThreshold = reader.Duration("harmony.log.stall-threshold", 10 * Millisecond, TimeSpan.FromMinutes(10)),
            RejoinsWhenDamaged = reader.Switch("harmony.recovery.rejoin-when-damaged"),
            Store = StoreSettings.From(reader),
            Limits = LimitSettings.From(reader),
            Server = ServerSettings.From(reader, self),
        };
        settings.CheckTogether(reader.Problems);
        return reader.Problems.Count == 0 ? settings : throw new ConfigurationProblemException(reader.Problems);
    }

    /// <summary>Whether a host can be reached from this machine alone.</summary>
    internal static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    // What Akka.NET takes as the name of an ActorSystem.
    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9-_]*$")]
    private static partial Regex ActorSystemNamePattern();

    private static string ReadDataDirectory(SettingsReader reader)
    {
        string directory = reader.Text("harmony.data-dir");
        if (directory.Length == 0)
        {
            reader.Problems.Add("harmony.data-dir is not set. Name the folder that keeps this node's data.");
            return "";
        }

        if (directory.Contains('\0'))
        {
            reader.Problems.Add("harmony.data-dir has a zero character in it, which no folder can have.");
            return "";
        }

        return Path.GetFullPath(directory);
    }

    private static string ReadActorSystemName(SettingsReader reader)
    {
        string name = reader.Text("harmony.cluster.actor-system");
        if (!ActorSystemNamePattern().IsMatch(name))
        {
            reader.Problems.Add($"harmony.cluster.actor-system is \"{name}\"; it must be letters, digits, '-' and '_', the first one a letter or digit.");
        }

        return name;
    }

    private static MemberSettings CheckMembers(SettingsReader reader, string name, IReadOnlyList<MemberSettings> members)
    {
        if (members.Count is 0 or > 7)
        {
            reader.Problems.Add($"harmony.cluster.members lists {members.Count} members; it must list 1 to 7, this node among them.");
        }

        foreach (IGrouping<string, MemberSettings> twice in members.GroupBy(m => m.Name).Where(g => g.Count() > 1))
        {
            reader.Problems.Add($"harmony.cluster.members lists the name \"{twice.Key}\" more than once.");
        }

        foreach (IGrouping<string, MemberSettings> twice in members.GroupBy(m => m.RaftAddress, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            reader.Problems.Add($"harmony.cluster.members lists the raft-address \"{twice.Key}\" more than once.");
        }

        if (name.Length == 0)
        {
            reader.Problems.Add("harmony.name is not set. Name this node as harmony.cluster.members does.");
        }

        MemberSettings? self = members.FirstOrDefault(m => m.Name == name);
        if (self is null && name.Length > 0 && members.Count > 0)
        {
            reader.Problems.Add(
                $"harmony.name is \"{name}\", which is not among harmony.cluster.members ({string.Join(", ", members.Select(m => m.Name))}). Use one of them, or add it.");
        }

        return self ?? new MemberSettings(name, "localhost:1", []);
    }

    private void CheckTogether(List<string> problems)
    {
        if (Raft.ElectionTimeoutMinimum < 3 * Raft.HeartbeatInterval)
        {
            problems.Add("harmony.raft.election-timeout-min must be at least 3 times harmony.raft.heartbeat-interval, or one late heartbeat starts an election.");
        }

        if (Joins && Members.Count < 2)
        {
            problems.Add("harmony.cluster.join is on, but harmony.cluster.members lists no other member. List at least one of the cluster that this node is to join.");
        }

        if (Raft.ElectionTimeoutMaximum <= Raft.ElectionTimeoutMinimum)
        {
            problems.Add("harmony.raft.election-timeout-max must be larger than election-timeout-min, or votes split again and again.");
        }

        if (Raft.LeaseReads && !Raft.CheckQuorum)
        {
            problems.Add("harmony.raft.lease-reads needs harmony.raft.check-quorum = on: without it members vote against a leader whose lease still runs.");
        }

        if (Raft.InflightBytesMaximum < Raft.AppendBytesMaximum)
        {
            problems.Add("harmony.raft.max-inflight-bytes must be at least harmony.raft.max-append-bytes, or no append could leave.");
        }

        if (LogSegmentBytes < Limits.RequestBytesMaximum + (64 << 10))
        {
            problems.Add("harmony.log.segment-bytes must hold harmony.limits.max-request-bytes and 64KiB more.");
        }

        string raftHost = Self.RaftAddress[..Self.RaftAddress.LastIndexOf(':')];
        if (!Server.Insecure && !IsLoopback(raftHost))
        {
            problems.Add(
                $"This member's raft-address {Self.RaftAddress} is not loopback and TLS is not in this version. Anyone who reaches it can read and write everything: "
                + "set harmony.server.insecure = on if the network is private.");
        }
    }
}

/// <summary>A member of the configured list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="RaftAddress"><c>host:port</c> of its remoting.</param>
/// <param name="ClientUrls">Where clients reach it.</param>
public sealed record MemberSettings(string Name, string RaftAddress, IReadOnlyList<string> ClientUrls);
