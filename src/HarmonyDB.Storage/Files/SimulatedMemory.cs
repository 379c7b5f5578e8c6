using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace HarmonyDB.Storage.Files;

/// <summary>
/// Zeroed native memory at a fixed, page-aligned address. Only what is touched takes memory, because the allocator hands out such sizes
/// as fresh address space; so a whole file's future size is reserved at once, and mappings stay valid while the file grows.
/// </summary>
/// <remarks>
/// Small ones are used again: simulations make and lose thousands of files a second, and zeroing what was touched costs far less than fresh pages do.
/// </remarks>
internal sealed unsafe class SimulatedMemory : SafeHandle
{
    private const int AlignmentBytes = 4096;
    private const long PooledBytesMaximum = 16 << 20;
    private const int PooledCountMaximum = 256;

    private static readonly ConcurrentDictionary<long, ConcurrentStack<nint>> Pool = new();

    // Nothing beyond it was ever handed out for writing.
    private long _touchedEnd;

    public SimulatedMemory(long lengthBytes)
        : base(invalidHandleValue: 0, ownsHandle: true)
    {
        LengthBytes = lengthBytes;
        SetHandle(TryTakePooled(lengthBytes, out var pooled) ? pooled : (nint)NativeMemory.AllocZeroed((nuint)(lengthBytes + AlignmentBytes)));
    }

    public long LengthBytes { get; }

    public override bool IsInvalid => handle == 0;

    public byte* Pointer => (byte*)((handle + AlignmentBytes - 1) & -AlignmentBytes);

    public Span<byte> Slice(long offset, int lengthBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + lengthBytes, LengthBytes);
        _touchedEnd = Math.Max(_touchedEnd, offset + lengthBytes);
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
        if (LengthBytes <= PooledBytesMaximum && Pool.GetOrAdd(LengthBytes, static _ => new ConcurrentStack<nint>()) is { Count: < PooledCountMaximum } free)
        {
            NativeMemory.Clear(Pointer, (nuint)_touchedEnd);
            free.Push(handle);
            return true;
        }

        NativeMemory.Free((void*)handle);
        return true;
    }

    private static bool TryTakePooled(long lengthBytes, out nint memory)
    {
        memory = 0;
        return lengthBytes <= PooledBytesMaximum && Pool.TryGetValue(lengthBytes, out var free) && free.TryPop(out memory);
    }
}
