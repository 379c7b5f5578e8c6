namespace HarmonyDB.Storage.Files;

/// <summary>A read-only view of a file's first bytes that shows later writes through the same file.</summary>
/// <remarks>Disposing it while a pointer or span into it is in use ends the process: owners count their readers.</remarks>
public unsafe interface IDiskMapping : IDisposable
{
    /// <summary>Address of the file's first byte; valid until disposed.</summary>
    byte* Pointer { get; }

    /// <summary>Number of bytes that may be read.</summary>
    long LengthBytes { get; }
}
