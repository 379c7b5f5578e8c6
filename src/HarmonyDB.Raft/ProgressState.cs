namespace HarmonyDB.Raft;

/// <summary>How a leader brings a peer forward (etcd's progress states).</summary>
public enum ProgressState
{
    /// <summary>Where the logs agree is not known: one AppendEntries at a time looks for it.</summary>
    Probe,

    /// <summary>The logs agree: entries are sent ahead, without waiting for answers.</summary>
    Replicate,

    /// <summary>The peer lacks entries that are no longer in the log: it gets a snapshot, and no entries until it has it.</summary>
    Snapshot,
}
