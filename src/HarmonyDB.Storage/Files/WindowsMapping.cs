using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace HarmonyDB.Storage.Files;

/// <summary>A view made by .NET, copied on write if it may be changed. Written for Windows and reasoned about only: not run there.</summary>
internal sealed unsafe class WindowsMapping : IDiskMapping
{
    private readonly SystemFile _diskFile;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private byte* _pointer;

    public WindowsMapping(SystemFile diskFile, SafeFileHandle handle, long lengthBytes, bool writable)
    {
        _diskFile = diskFile;
        var access = writable ? MemoryMappedFileAccess.CopyOnWrite : MemoryMappedFileAccess.Read;
        _file = MemoryMappedFile.CreateFromFile(handle, mapName: null, capacity: 0, access, HandleInheritability.None, leaveOpen: true);
        _view = _file.CreateViewAccessor(0, lengthBytes, access);

        // The pointer counts as a reference of the view's SafeHandle, so nothing but Dispose can unmap it.
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pointer);
        _pointer += _view.PointerOffset;
        LengthBytes = lengthBytes;
    }

    public byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer == null, this);
            return _pointer;
        }
    }

    public long LengthBytes { get; }

    public void BeginChange(long offset, long lengthBytes)
    {
        // The processor notices by itself, as on Unix.
    }

    public void Discard(long offset, long lengthBytes) => MappedCopies.Restore(_diskFile, Pointer, offset, lengthBytes);

    public void Dispose()
    {
        if (_pointer != null)
        {
            _pointer = null;
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
            _view.Dispose();
            _file.Dispose();
        }
    }
}
