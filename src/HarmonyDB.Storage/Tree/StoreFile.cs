using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>The store's file with its current mapping. Grows in steps; everything the store writes passes through here.</summary>
internal sealed class StoreFile : IDisposable
{
    private const long GrowthBytesMinimum = 64 * 1024;
    private const long GrowthBytesMaximum = 1L << 30;

    private readonly IDiskFile _file;
    private readonly Lock _writing = new();
    private readonly List<Mapping> _retired = [];
    private Mapping _mapping;

    internal StoreFile(IDiskFile file, int pageSizeBytes)
    {
        _file = file;
        PageSizeBytes = pageSizeBytes;
        _mapping = Map(null);
    }

    internal int PageSizeBytes { get; }

    internal string Path => _file.Path;

    internal long LengthBytes => _file.LengthBytes;

    internal Mapping Mapping => Volatile.Read(ref _mapping);

    internal void Write(long offset, ReadOnlySpan<byte> source)
    {
        // A checkpoint writes its free list while the writer writes pages: the seam allows one writer at a time.
        lock (_writing)
        {
            _file.Write(offset, source);
        }
    }

    internal void Flush() => _file.Flush();

    /// <summary>Makes the file and the mapping hold at least this many pages. Blocks are allocated before they are mapped (B24).</summary>
    internal void EnsureCapacity(ulong pageCount)
    {
        lock (_writing)
        {
            if (pageCount <= _mapping.PageCount)
            {
                return;
            }

            long neededBytes = checked((long)pageCount * PageSizeBytes);
            long stepBytes = Math.Clamp(_file.LengthBytes / 4, Math.Max(GrowthBytesMinimum, PageSizeBytes), GrowthBytesMaximum);
            stepBytes -= stepBytes % PageSizeBytes;
            long grownBytes = (_file.LengthBytes / PageSizeBytes * PageSizeBytes) + stepBytes;
            _file.Allocate(Math.Max(neededBytes, grownBytes));
            Mapping previous = _mapping;
            Volatile.Write(ref _mapping, Map(previous));
            _retired.Add(previous);
        }
    }

    /// <summary>Releases outgrown mappings that nobody reads through.</summary>
    internal void ReleaseRetired(Func<Mapping, bool> isInUse)
    {
        lock (_writing)
        {
            if (_retired.Count == 0)
            {
                return;
            }

            _retired.RemoveAll(mapping =>
            {
                if (isInUse(mapping))
                {
                    return false;
                }

                mapping.Dispose();
                return true;
            });
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ReleaseRetired(static _ => false);
        _mapping.Dispose();
        _file.Dispose();
    }

    private Mapping Map(Mapping? previous)
    {
        long wholePages = _file.LengthBytes / PageSizeBytes;
        return new Mapping(_file.Map(wholePages * PageSizeBytes), PageSizeBytes, previous);
    }
}
