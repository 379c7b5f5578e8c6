using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>All that distinguishes one seed from another, drawn from the seed itself: size of the cluster, its settings, its load, its faults.</summary>
internal sealed record SeedSettings
{
    private const long Kilobyte = 1024;

    private SeedSettings()
    {
    }

    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>How many nodes the cluster is born with.</summary>
    public required int Nodes { get; init; }

    /// <summary>How many more there are that may join it.</summary>
    public required int Spares { get; init; }

    /// <summary>Time with faults, in ticks; the liveness phase comes after it.</summary>
    public required long DurationTicks { get; init; }

    /// <summary>Which kinds of fault this seed has.</summary>
    public required IReadOnlySet<FaultKind> Faults { get; init; }

    /// <summary>When the first fault strikes.</summary>
    public required long FirstFaultTicks { get; init; }

    /// <summary>Longest time from one fault to the next.</summary>
    public required long FaultIntervalTicks { get; init; }

    /// <summary>The network.</summary>
    public required NetworkSettings Network { get; init; }

    /// <summary>The load.</summary>
    public required LoadSettings Load { get; init; }

    /// <summary>Longest time of a flush on a healthy disk, in ticks.</summary>
    public required long FlushTicksMaximum { get; init; }

    /// <summary>Longest time until gathered entries are applied, in ticks.</summary>
    public required long ApplyTicksMaximum { get; init; }

    /// <summary>Time between checkpoints of a store, in ticks.</summary>
    public required long CheckpointTicks { get; init; }

    /// <summary>Size of a log segment, in bytes.</summary>
    public required long LogSegmentBytes { get; init; }

    /// <summary>How much of the log is kept for slow followers, in bytes.</summary>
    public required long RetainLogBytes { get; init; }

    /// <summary>Whether messages travel in their wire form, as bytes.</summary>
    public required bool UsesWireForm { get; init; }

    /// <summary>Raft's settings but for the member's id.</summary>
    public required RaftOptions Raft { get; init; }

    /// <summary>The deliberate defect, if any.</summary>
    public required Canary Canary { get; init; }

    /// <summary>Draws the settings of a seed.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="duration">Simulated time with faults.</param>
    /// <param name="canary">The deliberate defect, if any.</param>
    public static SeedSettings Draw(ulong seed, int nodes, TimeSpan duration, Canary canary)
    {
        // Not the simulation's own sequence, so that a new setting here does not change what every seed does after it.
        var random = new SimulatedRandom(seed ^ 0x5EED_5E77_1465_0000);
        HashSet<FaultKind> faults = DrawFaults(random, nodes);
        return new SeedSettings
        {
            Seed = seed,
            Nodes = nodes,
            Spares = faults.Contains(FaultKind.Join) || faults.Contains(FaultKind.Replacement) ? (int)random.Between(1, 3) : 0,
            DurationTicks = duration.Ticks,
            Faults = faults,
            FirstFaultTicks = random.Ticks(0, 3000),
            FaultIntervalTicks = random.Ticks(300, 3000),
            Network = DrawNetwork(random, faults),
            Load = LoadSettings.Draw(random, faults.Contains(FaultKind.Snapshot)),
            FlushTicksMaximum = random.Ticks(0.1, 4),
            ApplyTicksMaximum = random.Ticks(0.1, 4),
            CheckpointTicks = faults.Contains(FaultKind.Snapshot) ? random.Ticks(200, 1500) : random.Ticks(500, 5000),
            LogSegmentBytes = random.Chance(500) || faults.Contains(FaultKind.Snapshot) ? 72 * Kilobyte : 256 * Kilobyte,
            RetainLogBytes = faults.Contains(FaultKind.Snapshot) ? random.Pick([0, 0, 100, 200]) * Kilobyte : long.MaxValue,
            Raft = DrawRaft(random, faults),
            UsesWireForm = random.Chance(100),
            Canary = canary,
        };
    }

    private static HashSet<FaultKind> DrawFaults(SimulatedRandom random, int nodes)
    {
        var faults = new HashSet<FaultKind>();
        int permille = (int)random.Between(200, 600);
        foreach (FaultKind kind in Enum.GetValues<FaultKind>())
        {
            if (random.Chance(permille))
            {
                faults.Add(kind);
            }
        }

        if (nodes == 1 && !faults.Contains(FaultKind.Join))
        {
            // It stays alone: nobody to lose contact with, nobody to stand in for it.
            faults.RemoveWhere(kind => kind is < FaultKind.Pause or FaultKind.Wipe or >= FaultKind.Transfer);
        }

        return faults;
    }

    private static NetworkSettings DrawNetwork(SimulatedRandom random, HashSet<FaultKind> faults) => new()
    {
        DelayTicksMinimum = random.Ticks(0.05, 0.5),
        DelayTicksMaximum = random.Ticks(0.5, 8),
        DropPermille = faults.Contains(FaultKind.Drop) ? (int)random.Between(1, random.Chance(500) ? 300 : 30) : 0,
        DuplicatePermille = faults.Contains(FaultKind.Duplicate) ? (int)random.Between(1, random.Chance(500) ? 500 : 50) : 0,
        LatePermille = faults.Contains(FaultKind.Delay) ? (int)random.Between(1, 50) : 0,
        LateTicksMaximum = random.Ticks(10, 2000),
        Reorders = faults.Contains(FaultKind.Reorder),
    };

    private static RaftOptions DrawRaft(SimulatedRandom random, HashSet<FaultKind> faults)
    {
        // Small bounds are met often, and entries have to be read back from the log.
        bool small = random.Chance(400);

        // A lease is as good as the clocks are: they may drift as far as the members expect them to, and not leap.
        bool leaseReads = random.Chance(400) && !faults.Contains(FaultKind.ClockJump);
        int appendBytes = (int)(small ? random.Between(1, 8) * Kilobyte : 256 * Kilobyte);
        return new RaftOptions
        {
            Id = new MemberId(1),
            MaximumAppendBytes = appendBytes,
            MaximumEntryBytes = NodeSettings.EntryBytesMaximum,
            MaximumInflightAppends = (int)(small ? random.Between(1, 8) : 32),
            MaximumInflightBytes = small ? appendBytes + (random.Between(0, 16) * Kilobyte) : 4096 * Kilobyte,
            MaximumTailBytes = small ? random.Between(2, 64) * Kilobyte : 16384 * Kilobyte,
            MaximumUncommittedBytes = small ? random.Between(8, 128) * Kilobyte : 65536 * Kilobyte,
            MaximumApplyingBytes = small ? random.Between(4, 64) * Kilobyte : 4096 * Kilobyte,
            MaximumCommittedBytesPerReady = small ? random.Between(1, 64) * Kilobyte : 1024 * Kilobyte,
            MaximumPendingReads = small ? 16 : 4096,
            PreVote = random.Chance(850),
            CheckQuorum = leaseReads || random.Chance(850),
            LeaseReads = leaseReads,
            ClockDriftBound = faults.Contains(FaultKind.ClockDrift) ? 0.5 : 0.05,
            ConfigurationCodec = new ClusterConfigurationCodec(),
        };
    }
}
