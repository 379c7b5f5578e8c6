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

    /// <summary>
    /// The caller holds <c>Disk.Lock(path + ".lock")</c> itself, because it opens one store after another under the same name; opening takes no lock then.
    /// </summary>
    public bool IsLockedByCaller { get; init; }

    /// <summary>For tests: whether disposing the store checks all of it first, and throws if something is not in order.</summary>
    internal bool ChecksOnDispose { get; init; }

    /// <summary>
    /// Longest the file may become, in bytes; no limit unless set. A commit that would make it longer fails with
    /// <see cref="StoreSizeLimitException"/>. A file that is longer already is not cut.
    /// </summary>
    public long MaximumBytes { get; init; } = long.MaxValue;

    /// <summary>
    /// Space in bytes that only transactions without a <see cref="TreeWriter.Put"/> may use, so that one can still delete when the disk, or
    /// <see cref="MaximumBytes"/>, is full; none unless set. It is allocated with the first commit that writes. What is deleted becomes free
    /// two flushed commits or checkpoints later: delete in portions, of fewer pages than this.
    /// </summary>
    public long ReserveBytes { get; init; }

    /// <summary>
    /// Age from which a read transaction is ousted when a write transaction begins: its next use throws <see cref="ReaderOustedException"/>.
    /// Never, unless set.
    /// </summary>
    public TimeSpan MaximumReaderAge { get; init; } = TimeSpan.MaxValue;

    /// <summary>
    /// Space in bytes that read transactions may keep from being reused. Beyond it the oldest are ousted when a write transaction begins. No
    /// limit unless set.
    /// </summary>
    public long MaximumPinnedBytes { get; init; } = long.MaxValue;

    /// <summary>
    /// Memory in bytes for pages of deferred commits that are not written to the file yet; 256 MiB unless set. A commit that finds more writes them first, without
    /// flushing. The open transaction's own pages, and up to a quarter more for pages that were written since, come on top.
    /// </summary>
    public long MaximumUnwrittenBytes { get; init; } = 256L << 20;

    /// <summary>Tells the age of readers; the system's clock unless set.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void ThrowIfInvalid()
    {
        ArgumentNullException.ThrowIfNull(Disk);
        ArgumentOutOfRangeException.ThrowIfLessThan(PageSizeBytes, StoreLimits.PageBytesMinimum);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(PageSizeBytes, StoreLimits.PageBytesMaximum);
        ArgumentOutOfRangeException.ThrowIfNotEqual(int.PopCount(PageSizeBytes), 1, nameof(PageSizeBytes));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumReaders, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaximumReaders, 65536);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumBytes, StoreLimits.PageBytesMaximum);
        ArgumentOutOfRangeException.ThrowIfNegative(ReserveBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ReserveBytes, MaximumBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaximumReaderAge, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(MaximumPinnedBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(MaximumUnwrittenBytes);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
