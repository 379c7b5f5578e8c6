using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Keyspace;

/// <summary>Where the keyspace keeps things in the store: tree names, keys and field widths. Part of the file format.</summary>
internal static class KeyspaceLayout
{
    /// <summary>Version of this layout, kept in the state record; a store with another one is refused.</summary>
    public const uint Format = 2;

    /// <summary>Tree of the latest version of each key: user key to <see cref="KeyRecord"/>. A read is one descent in it.</summary>
    public static ReadOnlySpan<byte> LatestTree => "latest"u8;

    /// <summary>Tree with the state record, written in every commit beside the data it describes.</summary>
    public static ReadOnlySpan<byte> SystemTree => "system"u8;

    /// <summary>
    /// Tree reserved for past versions: big-endian mod revision, big-endian sub-revision, to the event. Not written by this version,
    /// which has neither reads at a revision nor watches; see DESIGN.md.
    /// </summary>
    public static ReadOnlySpan<byte> HistoryTree => "history"u8;

    /// <summary>Length of a key of <see cref="HistoryTree"/>: 8 bytes of revision, 4 of sub-revision; big-endian, so that keys sort in order of time.</summary>
    public const int HistoryKeyBytes = sizeof(long) + sizeof(uint);

    /// <summary>
    /// Longest key that can be stored, in bytes: what the smallest page takes, whatever the pages of this node's store. Were it the store's own
    /// limit, nodes with different page sizes would answer differently.
    /// </summary>
    public const int KeyBytesMax = StoreLimits.PageBytesMinimum / 16 * 5;

    /// <summary>The revision of a keyspace to which nothing was ever written, as in etcd.</summary>
    public const long FirstRevision = 1;

    /// <summary>The key of the state record in <see cref="SystemTree"/>.</summary>
    public static ReadOnlySpan<byte> StateKey => "keyspace"u8;

    /// <summary>The key of the <see cref="ConfigurationRecord"/> in <see cref="SystemTree"/>.</summary>
    public static ReadOnlySpan<byte> ConfigurationKey => "configuration"u8;
}
