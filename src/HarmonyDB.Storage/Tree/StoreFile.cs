using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>The store's file with its current mapping. Grows in steps; everything the store writes passes through here.</summary>
internal sealed class StoreFile : IDisposable
{
    private const long GrowthBytesMinimum = 64 * 1024;
    private const long GrowthBytesMaximum = 1L << 30;

    private readonly IDiskFile _file;
    private readonly long _maximumBytes;
    private readonly Lock _writing = new();
    private readonly List<Mapping> _retired = [];
    private Mapping _mapping;

    internal StoreFile(IDiskFile file, int pageSizeBytes, long maximumBytes = long.MaxValue)
    {
        _file = file;
        _maximumBytes = maximumBytes;
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
            if (neededBytes > _maximumBytes)
            {
                throw new StoreSizeLimitException(Path, neededBytes, _maximumBytes);
            }

            Grow(neededBytes);
            Mapping previous = _mapping;
            Volatile.Write(ref _mapping, Map(previous));
            _retired.Add(previous);
        }
    }

    /// <summary>Replaces the mapping by one of fewer pages. The file can be cut once nobody reads through a longer one.</summary>
    internal void ShrinkMapping(ulong pageCount)
    {
        lock (_writing)
        {
            if (pageCount < _mapping.PageCount)
            {
                Mapping previous = _mapping;
                Volatile.Write(ref _mapping, new Mapping(MapBytes((long)pageCount * PageSizeBytes), PageSizeBytes, previous));
                _retired.Add(previous);
            }
        }
    }

    /// <summary>Cuts the file to the mapping, unless an older mapping is left: a reader must never touch what lies beyond the end.</summary>
    /// <returns>Whether the file ends with the mapping now.</returns>
    internal bool TryTruncate()
    {
        lock (_writing)
        {
            long lengthBytes = (long)_mapping.PageCount * PageSizeBytes;
            if (_retired.Count > 0 || _file.LengthBytes < lengthBytes)
            {
                return false;
            }

            if (_file.LengthBytes > lengthBytes)
            {
                _file.SetLength(lengthBytes);
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

    /// <summary>Extends the file by a step, or by no more than what is needed where there is no room for a step.</summary>
    private void Grow(long neededBytes)
    {
        long lengthBytes = _file.LengthBytes;
        if (neededBytes <= lengthBytes)
        {
            return;
        }

        long stepBytes = Math.Clamp(lengthBytes / 4, Math.Max(GrowthBytesMinimum, PageSizeBytes), GrowthBytesMaximum);
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

    private Mapping Map(Mapping? previous)
    {
        long wholePages = _file.LengthBytes / PageSizeBytes;
        return new Mapping(MapBytes(wholePages * PageSizeBytes), PageSizeBytes, previous);
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
