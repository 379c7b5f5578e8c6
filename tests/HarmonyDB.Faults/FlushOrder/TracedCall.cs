namespace HarmonyDB.Faults.FlushOrder;

/// <summary>A system call as strace saw it.</summary>
/// <param name="StartMicroseconds">When it began, since 1970: before anything that it did.</param>
/// <param name="EndMicroseconds">When it was over: before anything that the calling thread did next.</param>
/// <param name="Name">Its name: <c>pwrite64</c>, <c>fdatasync</c> …</param>
/// <param name="Descriptor">What its first argument, a descriptor, stands for: a path, or <c>TCP:[local->remote]</c>.</param>
/// <param name="Data">The bytes it was given, as many as it took; empty for a call without.</param>
/// <param name="Result">What it returned.</param>
internal sealed record TracedCall(long StartMicroseconds, long EndMicroseconds, string Name, string Descriptor, byte[] Data, long Result);
