using System.Globalization;

namespace HarmonyDB.Benchmarks.Store;

/// <summary>A figure with its floor or ceiling.</summary>
/// <param name="Name">As in the table of docs/performance.md.</param>
/// <param name="Meaning">What is measured.</param>
/// <param name="Limit">What it must reach; null if it is printed for information.</param>
/// <param name="IsCeiling">Whether it must not exceed the limit, rather than reach it.</param>
internal sealed record StoreFigure(string Name, string Meaning, double? Limit, bool IsCeiling = false)
{
    /// <summary>All figures, in the order of the table.</summary>
    public static IReadOnlyList<StoreFigure> All { get; } =
    [
        new("get-1t", "random get, one thread / LMDB", 2.0),
        new("get-2t", "random get, two threads / LMDB two threads", 2.0),
        new("get-5m", "random get, five times the keys / LMDB", 1.5),
        new("getmany", "64 keys a call, per key / LMDB get", 3.0),
        new("scan", "full forward scan of keys and values / LMDB", 1.5),
        new("load", "random insert, deferred / LMDB NOSYNC", 2.0),
        new("load-wm", "random insert, deferred / LMDB NOSYNC+WRITEMAP", 1.0),
        new("overwrite", "random overwrite, deferred / LMDB NOSYNC", 2.0),
        new("commit-1", "one put a commit, flushed / LMDB sync", 2.0),
        new("file", "bytes after the random load / LMDB", 0.85, IsCeiling: true),
        new("alloc-get", "bytes allocated per get", 0, IsCeiling: true),
        new("open-ms", "open of a 1 GiB file after kill -9", 50, IsCeiling: true),
        new("load-synced", "the same load until all of it is durable / LMDB and one sync", null),
        new("sqlite-get", "random get, one thread / SQLite", null),
        new("sqlite-load", "random insert, deferred / SQLite synchronous=off", null),
    ];

    /// <summary>The figure of a name.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static StoreFigure Named(string name) =>
        All.FirstOrDefault(figure => figure.Name == name)
            ?? throw new FormatException($"'{name}' is no figure; there are {string.Join(", ", All.Select(figure => figure.Name))}.");

    /// <summary>Whether a value satisfies the limit.</summary>
    public bool IsReached(double value) => Limit is not { } limit || (IsCeiling ? value <= limit : value >= limit);

    /// <summary>The limit as text.</summary>
    public string LimitText => Limit is { } limit ? string.Create(CultureInfo.InvariantCulture, $"{(IsCeiling ? "<=" : ">=")} {limit}") : "";
}
