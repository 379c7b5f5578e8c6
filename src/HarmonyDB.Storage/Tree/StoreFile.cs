using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>The store's file with its current mapping. Grows in steps; everything the store writes passes through here.</summary>
internal sealed class StoreFile : IDisposable
{
    private const long GrowthBytesMinimum = 64 * 1024;
    private const long GrowthBytesMaximum = 256L << 20;
    private const long MappedBytesMinimum = 256L << 20;
    private const long MappedStepBytesMaximum = 1L << 30;

    /// <summary>The file grows by this part of its length: more saves calls, less saves space.</summary>
    private const int GrowthPart = 32;

    private readonly IDiskFile _file;
    private readonly long _maximumBytes;
    private readonly bool _isReadOnly;
    private readonly Lock _writing = new();
    private readonly List<Mapping> _retired = [];
    private Mapping _mapping;
    private ulong _pageCapacity;

    internal StoreFile(IDiskFile file, int pageSizeBytes, long maximumBytes = long.MaxValue, bool isReadOnly = false)
    {
        _file = file;
        _maximumBytes = maximumBytes;
        _isReadOnly = isReadOnly;
        PageSizeBytes = pageSizeBytes;
        _pageCapacity = (ulong)(file.LengthBytes / pageSizeBytes);
        _mapping = new Mapping(MapBytes(MappedBytes(_pageCapacity)), PageSizeBytes, null);
    }

    internal int PageSizeBytes { get; }

    internal string Path => _file.Path;

    internal long LengthBytes => _file.LengthBytes;

    internal Mapping Mapping => Volatile.Read(ref _mapping);

    /// <summary>Number of pages that the file holds, of which those in the mapping may be touched.</summary>
    internal ulong PageCapacity => Math.Min(Volatile.Read(ref _pageCapacity), Mapping.PageCount);

    internal void Write(long offset, ReadOnlySpan<byte> source)
    {
        // A checkpoint writes while the writer writes a large value: the seam allows one writer at a time.
        lock (_writing)
        {
            _file.Write(offset, source);
        }
    }

    internal int Read(long offset, Span<byte> destination) => _file.Read(offset, destination);

    internal void Flush() => _file.Flush();

    /// <summary>Makes the file hold at least this many pages. Blocks are allocated before anything is written to them (B24).</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    /// <exception cref="StoreSizeLimitException">The store's own limit is reached.</exception>
    internal void EnsureLength(ulong pageCount)
    {
        if (pageCount <= Volatile.Read(ref _pageCapacity))
        {
            return;
        }

        lock (_writing)
        {
            long neededBytes = checked((long)pageCount * PageSizeBytes);
            if (neededBytes > _maximumBytes)
            {
                throw new StoreSizeLimitException(Path, neededBytes, _maximumBytes);
            }

            Grow(neededBytes);
            Volatile.Write(ref _pageCapacity, (ulong)(_file.LengthBytes / PageSizeBytes));
        }
    }

    /// <summary>Makes the mapping hold at least this many pages. Only the writer calls this, while it holds no address of a page.</summary>
    /// <param name="pageCount">The number of pages.</param>
    /// <param name="unwritten">Tells which pages are nowhere but in the mapping, when it has to be replaced.</param>
    /// <exception cref="MappingFailedException">The system has no address space for it.</exception>
    internal void EnsureMapped(ulong pageCount, Func<ReadOnlyMemory<ulong>> unwritten)
    {
        if (pageCount > _mapping.PageCount)
        {
            Replace(MappedBytes(Math.Max(pageCount, Volatile.Read(ref _pageCapacity))), unwritten().Span);
        }
    }

    /// <summary>Replaces the mapping by one of fewer pages. The file can be cut once nobody reads through a longer one.</summary>
    internal void ShrinkMapping(ulong pageCount, ReadOnlySpan<ulong> unwritten)
    {
        if (pageCount < _mapping.PageCount)
        {
            Replace((long)pageCount * PageSizeBytes, unwritten);
        }
    }

    /// <summary>Cuts the file behind a page, unless an older mapping is left: a reader must never touch what lies beyond the end.</summary>
    /// <returns>Whether the file ends there now.</returns>
    internal bool TryTruncate(ulong pageCount)
    {
        lock (_writing)
        {
            long lengthBytes = (long)pageCount * PageSizeBytes;
            if (_retired.Count > 0)
            {
                return false;
            }

            if (_file.LengthBytes > lengthBytes)
            {
                _file.SetLength(lengthBytes);
                Volatile.Write(ref _pageCapacity, pageCount);
            }

            return true;
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

    /// <summary>
    /// Where a mapping may be longer than the file it has room to grow, so that it is replaced at each doubling and not at each step.
    /// </summary>
    private long MappedBytes(ulong pageCount)
    {
        long neededBytes = checked((long)pageCount * PageSizeBytes);
        if (_isReadOnly || !_file.MapsBeyondEnd)
        {
            return (long)_pageCapacity * PageSizeBytes;
        }

        return neededBytes >= MappedStepBytesMaximum
            ? checked((neededBytes / MappedStepBytesMaximum) + 1) * MappedStepBytesMaximum
            : (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Math.Max(neededBytes, MappedBytesMinimum));
    }

    private void Replace(long lengthBytes, ReadOnlySpan<ulong> unwritten)
    {
        lock (_writing)
        {
            Mapping previous = _mapping;
            var mapping = new Mapping(MapBytes(lengthBytes), PageSizeBytes, previous);
            mapping.TakeOver(previous, unwritten);
            Volatile.Write(ref _mapping, mapping);
            _retired.Add(previous);
        }
    }

    /// <summary>Extends the file by a step, or by no more than what is needed where there is no room for a step.</summary>
    private void Grow(long neededBytes)
    {
        long lengthBytes = _file.LengthBytes;
        if (neededBytes <= lengthBytes)
        {
            return;
        }

        long stepBytes = Math.Clamp(lengthBytes / GrowthPart, Math.Max(GrowthBytesMinimum, PageSizeBytes), GrowthBytesMaximum);
        stepBytes -= stepBytes % PageSizeBytes;
        long grownBytes = (lengthBytes / PageSizeBytes * PageSizeBytes) + stepBytes;
        grownBytes = Math.Max(neededBytes, Math.Min(grownBytes, _maximumBytes / PageSizeBytes * PageSizeBytes));
        try
        {
            _file.Allocate(grownBytes);
        }
        catch (DiskFullException) when (grownBytes > neededBytes)
        {
            _file.Allocate(neededBytes);
        }
    }

    private IDiskMapping MapBytes(long lengthBytes)
    {
        try
        {
            return _file.Map(lengthBytes);
        }
        catch (IOException exception)
        {
            // Nothing was written, so nothing is in doubt: an error of this commit, not of the store (B25).
            throw new MappingFailedException(Path, lengthBytes, exception);
        }
    }
}
