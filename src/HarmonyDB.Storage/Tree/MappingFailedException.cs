namespace HarmonyDB.Storage.Tree;

/// <summary>The system refused to map the store's file, for example because address space or the number of mappings ran out. Nothing is lost.</summary>
public sealed class MappingFailedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="path">The store file.</param>
    /// <param name="lengthBytes">Number of bytes that were to be mapped.</param>
    /// <param name="cause">What the system said.</param>
    public MappingFailedException(string path, long lengthBytes, Exception cause)
        : base($"The first {lengthBytes} bytes of '{path}' cannot be mapped: {cause.Message} Raise the limit (ulimit -v, vm.max_map_count), then try again.", cause)
    {
        Path = path;
        LengthBytes = lengthBytes;
    }

    /// <summary>The store file.</summary>
    public string Path { get; }

    /// <summary>Number of bytes that were to be mapped.</summary>
    public long LengthBytes { get; }
}
