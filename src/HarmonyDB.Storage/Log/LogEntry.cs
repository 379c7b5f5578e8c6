namespace HarmonyDB.Storage.Log;

/// <summary>One entry of the replicated log.</summary>
/// <param name="Index">Its place in the log; the first one is 1 and there are no gaps.</param>
/// <param name="Term">The term of the leader that created it; never falls from one entry to the next.</param>
/// <param name="Kind">What the payload is; the log stores it and gives it no meaning.</param>
/// <param name="Payload">The content. The log copies it while appending, and gives out copies when reading.</param>
public readonly record struct LogEntry(ulong Index, ulong Term, byte Kind, ReadOnlyMemory<byte> Payload);
