using System.Runtime.InteropServices;

namespace HarmonyDB.Storage.Files;

/// <summary>
/// Zeroed native memory at a fixed, page-aligned address. Only what is touched takes memory, because the allocator hands out such sizes
/// as fresh address space; so a whole file's future size is reserved at once, and mappings stay valid while the file grows.
/// </summary>
internal sealed unsafe class SimulatedMemory : SafeHandle
{
    private const int AlignmentBytes = 4096;

    public SimulatedMemory(long lengthBytes)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        LengthBytes = lengthBytes;
        SetHandle((nint)NativeMemory.AllocZeroed((nuint)(lengthBytes + AlignmentBytes)));
    }

    public long LengthBytes { get; }

    public override bool IsInvalid => handle == 0;

    public byte* Pointer => (byte*)((handle + AlignmentBytes - 1) & -AlignmentBytes);

    public Span<byte> Slice(long offset, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + lengthBytes, LengthBytes);
        return new Span<byte>(Pointer + offset, lengthBytes);
    }

    public void AddReference()
    {
        var added = false;
        DangerousAddRef(ref added);
    }

    public void ReleaseReference()
    {
        DangerousRelease();
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
