namespace HarmonyDB.Actors;

/// <summary>Paths of the dispatchers in the configuration: one pinned thread for each actor that must not wait for another.</summary>
internal static class NodeDispatchers
{
    /// <summary>For RaftActor.</summary>
    public const string Raft = "harmony-dispatchers.raft";

    /// <summary>For LogActor.</summary>
    public const string Log = "harmony-dispatchers.log";

    /// <summary>For StorageActor.</summary>
    public const string Storage = "harmony-dispatchers.storage";

    /// <summary>For ClientActor.</summary>
    public const string Client = "harmony-dispatchers.client";

    /// <summary>For SnapshotActor.</summary>
    public const string Snapshots = "harmony-dispatchers.snapshots";

    /// <summary>Their definitions, laid under the system's own configuration.</summary>
    public const string Definitions = """
        harmony-dispatchers {
          raft { type = PinnedDispatcher, throughput = 64 }
          log { type = PinnedDispatcher, throughput = 64 }
          storage { type = PinnedDispatcher, throughput = 64 }
          snapshots { type = PinnedDispatcher, throughput = 64 }
          client { type = PinnedDispatcher, throughput = 64 }
        }
        """;
}
