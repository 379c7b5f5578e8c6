namespace HarmonyDB.Simulation;

/// <summary>The ways in which the world of a cluster goes wrong. Each seed has some of them (swarm testing).</summary>
internal enum FaultKind
{
    /// <summary>Messages are lost, up to 30 % of them.</summary>
    Drop,

    /// <summary>Messages arrive twice, up to 50 % of them.</summary>
    Duplicate,

    /// <summary>Messages overtake each other.</summary>
    Reorder,

    /// <summary>Single messages arrive very late.</summary>
    Delay,

    /// <summary>Links hold back their messages for a while and then let all of them go.</summary>
    Clog,

    /// <summary>The links of node after node clog, and open again in another order.</summary>
    SwizzleClog,

    /// <summary>A link loses everything in one direction.</summary>
    OneWay,

    /// <summary>A random half of all links is dead, each direction by itself.</summary>
    PartialGraph,

    /// <summary>The nodes fall into groups that cannot reach each other.</summary>
    Partition,

    /// <summary>A partition comes and goes faster than an election takes.</summary>
    Flapping,

    /// <summary>The leader reaches nobody, or nobody reaches it.</summary>
    LeaderIsolation,

    /// <summary>A process stands still and goes on as if nothing had happened.</summary>
    Pause,

    /// <summary>The machine of a node loses power: what was not flushed is gone.</summary>
    Crash,

    /// <summary>The process of a node is killed: what it wrote stays, flushed or not.</summary>
    Kill,

    /// <summary>The power goes in the middle of what the disk is doing.</summary>
    CrashInWrite,

    /// <summary>Nodes crash again and again, some before they have started.</summary>
    RestartStorm,

    /// <summary>A node loses its data folder for good: a new birth id. It can never again be the member that it was.</summary>
    Wipe,

    /// <summary>Every flush of a node takes long.</summary>
    SlowDisk,

    /// <summary>One flush takes longer than elections do.</summary>
    StalledFlush,

    /// <summary>A node's store applies slowly and in large batches.</summary>
    SlowApply,

    /// <summary>A node's clock is up to 50 % too fast or too slow.</summary>
    ClockDrift,

    /// <summary>A node's clock leaps ahead, up to an hour.</summary>
    ClockJump,

    /// <summary>The leader is told to hand leadership to somebody.</summary>
    Transfer,

    /// <summary>A voter becomes a learner; the leader itself, now and then.</summary>
    Demotion,

    /// <summary>A learner becomes a voter.</summary>
    Promotion,

    /// <summary>Several members change at once, through a joint configuration.</summary>
    JointChange,

    /// <summary>A node with an empty folder is added, joins, catches up and mostly gets a vote.</summary>
    Join,

    /// <summary>A member is removed for good; the leader itself, now and then.</summary>
    Removal,

    /// <summary>A new node takes the place of a member, of one whose folder is lost if there is one.</summary>
    Replacement,

    /// <summary>Logs are cut short, so that who was away gets a snapshot. Counted when one takes the place of a store.</summary>
    Snapshot,
}
