using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>How to open a store.</summary>
public sealed class StoreOptions
{
    /// <summary>The disk the file lives on; a <see cref="SystemDisk"/> of its own unless set. Share one object among the files of a data folder.</summary>
    public Disk Disk { get; init; } = new SystemDisk();

    /// <summary>Page size in bytes of a store that is created: a power of two from 4,096 (the default) to 65,536. An existing store keeps its own.</summary>
    public int PageSizeBytes { get; init; } = StoreLimits.PageBytesMinimum;

    /// <summary>Most read transactions that can be open at once, from 1 to 65,536.</summary>
    public int MaximumReaders { get; init; } = 1024;

    /// <summary>Identity that a created store carries. <see cref="Guid.Empty"/> draws a random one. Opening an existing store does not compare it.</summary>
    public Guid StoreId { get; init; }

    /// <summary>Opens an existing store without ever writing to its file; write transactions are refused.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>For tests: whether disposing the store checks all of it first, and throws if something is not in order.</summary>
    internal bool ChecksOnDispose { get; init; }

    internal void ThrowIfInvalid()
    {
        ArgumentNullException.ThrowIfNull(Disk);
        ArgumentOutOfRangeException.ThrowIfLessThan(PageSizeBytes, StoreLimits.PageBytesMinimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PageSizeBytes, StoreLimits.PageBytesMaximum);
        ArgumentOutOfRangeException.ThrowIfNotEqual(int.PopCount(PageSizeBytes), 1, nameof(PageSizeBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumReaders, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumReaders, 65536);
    }
}
