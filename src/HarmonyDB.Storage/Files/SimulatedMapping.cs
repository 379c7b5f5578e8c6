namespace HarmonyDB.Storage.Files;

/// <summary>
/// A mapping of a simulated file: memory of its own that follows the file except where the owner changed it, as a private mapping does. A change
/// that was not announced is overwritten by the next write to the file.
/// </summary>
internal sealed unsafe class SimulatedMapping : IDiskMapping
{
    private const int GranuleBytes = 4096;

    private readonly SimulatedDisk _disk;
    private readonly SimulatedInode _inode;
    private readonly SimulatedMemory _memory;
    private readonly System.Collections.BitArray _private;
    private bool _disposed;

    public SimulatedMapping(SimulatedDisk disk, SimulatedInode inode, long lengthBytes)
    {
        _disk = disk;
        _inode = inode;
        LengthBytes = lengthBytes;

        // What lies beyond the longest file there can be is never touched.
        _memory = new SimulatedMemory(Math.Min(lengthBytes, inode.Memory.LengthBytes));
        _private = new System.Collections.BitArray(checked((int)((_memory.LengthBytes + GranuleBytes - 1) / GranuleBytes)));
        inode.CopyTo(_memory);
        inode.Mappings.Add(this);
    }

    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _memory.Pointer;
        }
    }

    public long LengthBytes { get; }

    public void BeginChange(long offset, long lengthBytes)
    {
        lock (_disk.Gate)
        {
            SetPrivate(offset, lengthBytes, true);

            // The memory is cleared as far as it was asked for before it is used again.
            _memory.Slice(offset, checked((int)lengthBytes));
        }
    }

    public void Discard(long offset, long lengthBytes)
    {
        lock (_disk.Gate)
        {
            SetPrivate(offset, lengthBytes, false);
            Show(offset, lengthBytes);
        }
    }

    public void Dispose()
    {
        lock (_disk.Gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _inode.Mappings.Remove(this);
                _memory.Dispose();
            }
        }
    }

    /// <summary>Shows what the file holds in a range, except where the owner changed it. The caller holds the disk's gate.</summary>
    internal void Show(long offset, long lengthBytes)
    {
        var end = Math.Min(offset + lengthBytes, _memory.LengthBytes);
        while (offset < end)
        {
            var count = (int)Math.Min(GranuleBytes - (offset % GranuleBytes), end - offset);
            if (!_private[(int)(offset / GranuleBytes)])
            {
                _inode.Memory.Slice(offset, count).CopyTo(_memory.Slice(offset, count));
            }

            offset += count;
        }
    }

    private void SetPrivate(long offset, long lengthBytes, bool isPrivate)
    {
        for (var granule = offset / GranuleBytes; granule * GranuleBytes < offset + lengthBytes; granule++)
        {
            _private[(int)granule] = isPrivate;
        }
    }
}
