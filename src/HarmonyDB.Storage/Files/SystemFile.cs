using Microsoft.Win32.SafeHandles;

namespace HarmonyDB.Storage.Files;

/// <summary>A file of a <see cref="SystemDisk"/>.</summary>
internal sealed class SystemFile : IDiskFile
{
    private const int ZeroFillBytes = 1 << 20;

    private readonly SystemDisk _disk;
    private readonly SafeFileHandle _handle;
    private readonly bool _writable;

    public SystemFile(SystemDisk disk, string path, SafeFileHandle handle, bool writable)
    {
        _disk = disk;
        _handle = handle;
        _writable = writable;
        Path = path;
    }

    public string Path { get; }

    public long LengthBytes => RandomAccess.GetLength(_handle);

    public int Read(long offset, Span<byte> destination)
    {
        var total = 0;
        while (total < destination.Length)
        {
            var count = RandomAccess.Read(_handle, destination[total..], offset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }

    public void Write(long offset, ReadOnlySpan<byte> source)
    {
        _disk.ThrowIfFailed();
        try
        {
            RandomAccess.Write(_handle, source, offset);
        }
        catch (IOException exception)
        {
            ThrowWriteFailure("pwrite", exception.HResult, offset + source.Length);
        }
    }

    public void Allocate(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        _disk.ThrowIfFailed();
        if (!SystemCalls.TryAllocate(_handle, lengthBytes, out var error))
        {
            FillWithZeros(lengthBytes);
        }
        else if (error != 0)
        {
            ThrowWriteFailure("posix_fallocate", error, lengthBytes);
        }
    }

    public void SetLength(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lengthBytes);
        _disk.ThrowIfFailed();
        try
        {
            RandomAccess.SetLength(_handle, lengthBytes);
        }
        catch (IOException exception)
        {
            ThrowWriteFailure("ftruncate", exception.HResult, lengthBytes);
        }
    }

    public void Flush()
    {
        _disk.ThrowIfFailed();
        var error = SystemCalls.FlushFile(_handle);
        if (error != 0)
        {
            _disk.Fail("fdatasync", Path, error);
        }
    }

    public bool MapsBeyondEnd => !OperatingSystem.IsWindows();

    public IDiskMapping Map(long lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lengthBytes);
        if (OperatingSystem.IsWindows())
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(lengthBytes, LengthBytes);
            return new WindowsMapping(this, _handle, lengthBytes, _writable);
        }

        return new UnixMapping(this, _handle, lengthBytes, _writable);
    }

    public void Dispose()
    {
        _handle.Dispose();
    }

    private void FillWithZeros(long lengthBytes)
    {
        var zeros = new byte[ZeroFillBytes];
        for (var offset = LengthBytes; offset < lengthBytes; offset += ZeroFillBytes)
        {
            Write(offset, zeros.AsSpan(0, (int)Math.Min(ZeroFillBytes, lengthBytes - offset)));
        }
    }

    private void ThrowWriteFailure(string operation, int error, long wantedBytes)
    {
        if (SystemCalls.IsDiskFull(error))
        {
            throw new DiskFullException(Path, wantedBytes);
        }

        _disk.Fail(operation, Path, error);
    }
}
