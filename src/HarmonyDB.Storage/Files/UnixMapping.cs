using System.ComponentModel;
using Microsoft.Win32.SafeHandles;

namespace HarmonyDB.Storage.Files;

/// <summary>A mapping made with <c>mmap</c>: private if it may be changed, so that no write-back ever takes a change to the file (B40).</summary>
internal sealed unsafe class UnixMapping : IDiskMapping
{
    private readonly SystemFile _file;
    private nint _address;

    public UnixMapping(SystemFile file, SafeFileHandle handle, long lengthBytes, bool writable)
    {
        _file = file;
        LengthBytes = lengthBytes;
        var error = SystemCalls.Map(handle, lengthBytes, writable, out _address);
        if (error != 0)
        {
            _address = 0;
            throw new IOException($"mmap of {lengthBytes} bytes of '{file.Path}' failed: {new Win32Exception(error).Message}.");
        }
    }

    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_address == 0, this);
            return (byte*)_address;
        }
    }

    public long LengthBytes { get; }

    public void BeginChange(long offset, long lengthBytes)
    {
        // The processor notices by itself: the first write to a page makes the system copy it.
    }

    public void Discard(long offset, long lengthBytes)
    {
        if (!SystemCalls.TryDiscardPrivate((nint)(Pointer + offset), lengthBytes, out var error))
        {
            MappedCopies.Restore(_file, Pointer, offset, lengthBytes);
        }
        else if (error != 0)
        {
            throw new IOException($"madvise of {lengthBytes} bytes of '{_file.Path}' failed: {new Win32Exception(error).Message}.");
        }
    }

    public void Dispose()
    {
        var address = Interlocked.Exchange(ref _address, 0);
        if (address != 0)
        {
            var error = SystemCalls.Unmap(address, LengthBytes);
            if (error != 0)
            {
                throw new IOException($"munmap of '{_file.Path}' failed: {new Win32Exception(error).Message}.");
            }
        }
    }
}
