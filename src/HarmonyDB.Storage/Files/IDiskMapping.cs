namespace HarmonyDB.Storage.Files;

/// <summary>
/// A view of a file's first bytes. It shows later writes through the same file, except where the owner changed the view itself: such a range is
/// the owner's private copy, which the system never writes to the file.
/// </summary>
/// <remarks>
/// Disposing it while a pointer or span into it is in use ends the process: owners count their readers. So does touching what lies beyond
/// the file's end, or changing a view that was made for reading only.
/// </remarks>
public unsafe interface IDiskMapping : IDisposable
{
    /// <summary>Address of the file's first byte; valid until disposed.</summary>
    byte* Pointer { get; }

    /// <summary>Length of the view in bytes; the file may be shorter.</summary>
    long LengthBytes { get; }

    /// <summary>Says that the owner is about to change a range of the view, which from then on is private to it.</summary>
    /// <param name="offset">Where the range begins, a multiple of 4,096.</param>
    /// <param name="lengthBytes">Its length, a multiple of 4,096.</param>
    void BeginChange(long offset, long lengthBytes);

    /// <summary>Gives private copies up: the range shows the file again, and the memory is free. Readers of the range need not stop.</summary>
    /// <param name="offset">Where the range begins, a multiple of 4,096.</param>
    /// <param name="lengthBytes">Its length, a multiple of 4,096.</param>
    /// <exception cref="IOException">The system refused; the range is as before.</exception>
    void Discard(long offset, long lengthBytes);
}
