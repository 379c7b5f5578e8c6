namespace HarmonyDB.Storage.Files;

/// <summary>An open file on a <see cref="Disk"/>.</summary>
public interface IDiskFile : IDisposable
{
    /// <summary>Full path.</summary>
    string Path { get; }

    /// <summary>Length of the file in bytes.</summary>
    long LengthBytes { get; }

    /// <summary>Reads until <paramref name="destination"/> is full or the file ends.</summary>
    /// <returns>The number of bytes read, less than asked only at the end of the file.</returns>
    int Read(long offset, Span<byte> destination);

    /// <summary>Writes all of <paramref name="source"/>. Visible to readers and mappings of this process at once; durable only after <see cref="Flush"/>.</summary>
    /// <exception cref="DiskFullException">No space is left; what was written of it is undefined, earlier contents are not touched outside the range.</exception>
    /// <exception cref="DeviceFailedException">The disk is latched, or the write failed.</exception>
    void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Allocates blocks so that the file is at least this long and a later write inside it needs no space.</summary>
    /// <exception cref="DiskFullException">No space is left; the file is as before or longer, never damaged.</exception>
    void Allocate(long lengthBytes);

    /// <summary>Cuts the file to a length, or extends it with zeros.</summary>
    void SetLength(long lengthBytes);

    /// <summary>Makes everything written so far, and the length, survive power loss: <c>fdatasync</c>.</summary>
    /// <exception cref="DeviceFailedException">The flush failed. The disk is latched: it is never retried.</exception>
    void Flush();

    /// <summary>
    /// Whether a mapping may be longer than the file: what lies beyond the end can be touched as soon as the file has grown there. Windows has no
    /// such mappings.
    /// </summary>
    bool MapsBeyondEnd { get; }

    /// <summary>Maps the first bytes of the file: for reading, and, of a file opened for writing, for changes that stay private to the mapping.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The range is empty, or reaches beyond the end of the file where <see cref="MapsBeyondEnd"/> is false.</exception>
    /// <exception cref="IOException">The system has no address space, or no memory to account for it.</exception>
    IDiskMapping Map(long lengthBytes);
}
