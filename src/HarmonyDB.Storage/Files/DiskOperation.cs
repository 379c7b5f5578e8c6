namespace HarmonyDB.Storage.Files;

/// <summary>What a <see cref="SimulatedDisk"/> was asked to change.</summary>
public enum DiskOperationKind
{
    /// <summary>A file was created by opening it.</summary>
    Create,

    /// <summary>Bytes were written.</summary>
    Write,

    /// <summary>Blocks were allocated.</summary>
    Allocate,

    /// <summary>A file was cut or extended.</summary>
    SetLength,

    /// <summary>A file was flushed.</summary>
    Flush,

    /// <summary>A directory was flushed.</summary>
    FlushDirectory,

    /// <summary>A file was deleted.</summary>
    Delete,

    /// <summary>A file was renamed; the path is the new one.</summary>
    Rename,
}

/// <summary>One change asked of a <see cref="SimulatedDisk"/>, in the order of <see cref="SimulatedDisk.Operations"/>.</summary>
/// <param name="Kind">What was asked.</param>
/// <param name="Path">Full path of the file or directory.</param>
/// <param name="Offset">First byte of a write, else 0.</param>
/// <param name="LengthBytes">Number of bytes of a write, length asked of an allocation or cut, else 0.</param>
public readonly record struct DiskOperation(DiskOperationKind Kind, string Path, long Offset, long LengthBytes);

/// <summary>What a <see cref="SimulatedDisk"/> does wrong when an injected fault comes due.</summary>
public enum DiskFault
{
    /// <summary>The operation fails with an I/O error and the disk latches. What a failed flush left unflushed is lost at the next power cut even if a later flush succeeds.</summary>
    DeviceError,

    /// <summary>No space is left; a write leaves a part of its bytes behind.</summary>
    DiskFull,

    /// <summary>The power goes: the operation is started but not flushed, and everything throws <see cref="PowerCutException"/> until <see cref="SimulatedDisk.Crash"/>.</summary>
    PowerCut,
}

/// <summary>What is left on a <see cref="SimulatedDisk"/> after a crash.</summary>
public enum CrashKind
{
    /// <summary>Only the process ended: everything written is still there, flushed or not.</summary>
    ProcessKilled,

    /// <summary>The power went and nothing that was not flushed arrived.</summary>
    PowerLost,

    /// <summary>
    /// The power went while the device was writing: a random subset of the unflushed 512-byte sectors, either length of each file, and a
    /// random first part of the unflushed directory changes arrived.
    /// </summary>
    PowerLostTorn,
}

/// <summary>How many operations a <see cref="SimulatedDisk"/> was asked for since it was created.</summary>
/// <param name="Writes">Number of writes.</param>
/// <param name="WrittenBytes">Bytes in those writes.</param>
/// <param name="Flushes">Number of file flushes.</param>
/// <param name="DirectoryFlushes">Number of directory flushes.</param>
/// <param name="Operations">Number of all operations of any <see cref="DiskOperationKind"/>.</param>
public readonly record struct DiskCounters(long Writes, long WrittenBytes, long Flushes, long DirectoryFlushes, long Operations);
