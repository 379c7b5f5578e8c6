namespace HarmonyDB.Storage.Files;

/// <summary>
/// The content of a simulated file, now and as the device has it: beside the current bytes, each sector written since the last flush
/// keeps what the device still holds.
/// </summary>
internal sealed class SimulatedInode
{
    public const int SectorBytes = 512;

    private const int ChunkBytes = 1 << 20;

    private readonly SortedDictionary<long, UnflushedSector> _unflushed = [];
    private long _durableLengthBytes;
    private long _writtenEnd;

    public SimulatedInode(long reservedBytes)
    {
        Memory = new SimulatedMemory(reservedBytes);
    }

    public SimulatedMemory Memory { get; }

    /// <summary>Views of the file that follow what is written to it.</summary>
    public List<SimulatedMapping> Mappings { get; } = [];

    public long LengthBytes { get; private set; }

    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        var count = (int)Math.Min(destination.Length, Math.Max(0, LengthBytes - offset));
        if (count > 0)
        {
            Memory.Slice(offset, count).CopyTo(destination);
        }

        return count;
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        var end = offset + source.Length;
        if (end > Memory.LengthBytes)
        {
            throw new InvalidOperationException($"A simulated file may have {Memory.LengthBytes} bytes; ask for more when creating the disk.");
        }

        KeepDurable(offset, end);
        source.CopyTo(Memory.Slice(offset, source.Length));
        Show(offset, source.Length);
        _writtenEnd = Math.Max(_writtenEnd, end);
        LengthBytes = Math.Max(LengthBytes, end);
    }

    public void SetLength(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, Memory.LengthBytes);
        if (lengthBytes < _writtenEnd)
        {
            KeepDurable(lengthBytes, _writtenEnd);
            Clear(lengthBytes, _writtenEnd);
            _writtenEnd = lengthBytes;
        }

        LengthBytes = lengthBytes;
    }

    public void Flush()
    {
        foreach (var sector in _unflushed.Where(sector => !sector.Value.Dropped).Select(sector => sector.Key).ToArray())
        {
            _unflushed.Remove(sector);
        }

        _durableLengthBytes = LengthBytes;
    }

    /// <summary>What a kernel does when a flush fails: the data counts as clean from now on, although the device never got it (W8).</summary>
    public void DropUnflushed()
    {
        foreach (var sector in _unflushed.Values)
        {
            sector.Dropped = true;
        }
    }

    /// <summary>The file as a power cut leaves it.</summary>
    /// <param name="reservedBytes">Size the new file can grow to.</param>
    /// <param name="random">Chooses what arrived, or null when nothing did.</param>
    public SimulatedInode AfterPowerCut(long reservedBytes, Random? random)
    {
        var survivor = new SimulatedInode(reservedBytes)
        {
            LengthBytes = random is not null && random.Next(2) == 0 ? LengthBytes : _durableLengthBytes,
            _writtenEnd = _writtenEnd,
        };
        CopyTo(survivor.Memory);

        // From none to all: a fixed chance would hardly ever draw the images where a single sector is missing or arrived.
        var chance = random?.NextDouble() ?? 0;
        foreach (var (sector, unflushed) in _unflushed)
        {
            if (random is null || random.NextDouble() >= chance)
            {
                unflushed.Durable.CopyTo(survivor.Memory.Slice(sector * SectorBytes, SectorBytes));
                survivor._writtenEnd = Math.Max(survivor._writtenEnd, (sector + 1) * SectorBytes);
            }
        }

        if (survivor.LengthBytes < survivor._writtenEnd)
        {
            survivor.Clear(survivor.LengthBytes, survivor._writtenEnd);
            survivor._writtenEnd = survivor.LengthBytes;
        }

        survivor._durableLengthBytes = survivor.LengthBytes;
        return survivor;
    }

    /// <summary>The sectors that a power cut may change: written since the last flush, with other contents than the device has.</summary>
    public IReadOnlyList<long> ListChangedSectors() =>
        [.. _unflushed.Where(sector => !Memory.Slice(sector.Key * SectorBytes, SectorBytes).SequenceEqual(sector.Value.Durable)).Select(sector => sector.Key)];

    /// <summary>The file as a power cut leaves it that lets exactly some sectors arrive.</summary>
    public SimulatedInode AfterPowerCut(long reservedBytes, Func<long, bool> arrives, bool lengthArrives)
    {
        var survivor = new SimulatedInode(reservedBytes) { LengthBytes = lengthArrives ? LengthBytes : _durableLengthBytes, _writtenEnd = _writtenEnd };
        CopyTo(survivor.Memory);
        foreach (var (sector, unflushed) in _unflushed)
        {
            if (!arrives(sector))
            {
                unflushed.Durable.CopyTo(survivor.Memory.Slice(sector * SectorBytes, SectorBytes));
                survivor._writtenEnd = Math.Max(survivor._writtenEnd, (sector + 1) * SectorBytes);
            }
        }

        survivor.SetLength(survivor.LengthBytes);
        survivor._unflushed.Clear();
        survivor._durableLengthBytes = survivor.LengthBytes;
        return survivor;
    }

    /// <summary>The same file, with what is flushed and what is not, in memory of its own.</summary>
    public SimulatedInode Copy(long reservedBytes)
    {
        var copy = new SimulatedInode(reservedBytes) { LengthBytes = LengthBytes, _durableLengthBytes = _durableLengthBytes, _writtenEnd = _writtenEnd };
        CopyTo(copy.Memory);
        foreach (var (sector, unflushed) in _unflushed)
        {
            copy._unflushed.Add(sector, new UnflushedSector { Durable = [.. unflushed.Durable], Dropped = unflushed.Dropped });
        }

        return copy;
    }

    /// <summary>Changes bits on the device and in the cache alike, as decay does.</summary>
    public void FlipBits(long offset, byte mask)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(offset, LengthBytes);
        Memory.Slice(offset, 1)[0] ^= mask;
        Show(offset, 1);
        _writtenEnd = Math.Max(_writtenEnd, offset + 1);
        if (_unflushed.TryGetValue(offset / SectorBytes, out var unflushed))
        {
            unflushed.Durable[offset % SectorBytes] ^= mask;
        }
    }

    private void KeepDurable(long start, long end)
    {
        for (var sector = start / SectorBytes; sector * SectorBytes < end; sector++)
        {
            if (_unflushed.TryGetValue(sector, out var unflushed))
            {
                unflushed.Dropped = false;
            }
            else
            {
                _unflushed.Add(sector, new UnflushedSector { Durable = Memory.Slice(sector * SectorBytes, SectorBytes).ToArray() });
            }
        }
    }

    /// <summary>Copies what was written, as far as it fits.</summary>
    public void CopyTo(SimulatedMemory target)
    {
        var end = Math.Min(_writtenEnd, target.LengthBytes);
        for (long offset = 0; offset < end; offset += ChunkBytes)
        {
            var count = (int)Math.Min(ChunkBytes, end - offset);
            Memory.Slice(offset, count).CopyTo(target.Slice(offset, count));
        }
    }

    private void Show(long offset, long lengthBytes)
    {
        foreach (var mapping in Mappings)
        {
            mapping.Show(offset, lengthBytes);
        }
    }

    private void Clear(long start, long end)
    {
        for (var offset = start; offset < end; offset += ChunkBytes)
        {
            Memory.Slice(offset, (int)Math.Min(ChunkBytes, end - offset)).Clear();
        }

        Show(start, end - start);
    }

    private sealed class UnflushedSector
    {
        public required byte[] Durable { get; init; }

        public bool Dropped { get; set; }
    }
}
