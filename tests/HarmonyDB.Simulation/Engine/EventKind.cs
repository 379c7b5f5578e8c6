namespace HarmonyDB.Simulation;

/// <summary>What happens at a moment of simulated time. Also the kinds of trace lines.</summary>
internal enum EventKind
{
    /// <summary>A node starts, for the first time or again.</summary>
    Start,

    /// <summary>A node's replica wants to look at the clock.</summary>
    Timer,

    /// <summary>A message reaches a node.</summary>
    Deliver,

    /// <summary>A node's log has done what it was last told to.</summary>
    LogDone,

    /// <summary>A node's store applies what waits.</summary>
    Apply,

    /// <summary>A node's store becomes durable.</summary>
    Checkpoint,

    /// <summary>A node has written or read a part of a snapshot, or checked one.</summary>
    SnapshotDone,

    /// <summary>A node's store was replaced by a snapshot.</summary>
    Swapped,

    /// <summary>A node hands gathered requests to its replica.</summary>
    HandOver,

    /// <summary>A paused node goes on.</summary>
    Wake,

    /// <summary>Clients begin operations.</summary>
    Arrival,

    /// <summary>Clients turn to another node with what was refused.</summary>
    Retry,

    /// <summary>Clients give up what is past its deadline.</summary>
    Expire,

    /// <summary>The next fault begins.</summary>
    NextFault,

    /// <summary>A fault takes its next step, or ends.</summary>
    FaultStep,

    /// <summary>Trace only: a message was lost.</summary>
    Lost,

    /// <summary>Trace only: a node went down.</summary>
    Down,

    /// <summary>Trace only: a node leads.</summary>
    Elected,

    /// <summary>Trace only: an operation has its answer.</summary>
    Answered,

    /// <summary>Trace only: a line of text.</summary>
    Note,
}
