namespace HarmonyDB.Benchmarks.Store;

/// <summary>One measured run.</summary>
/// <param name="Nanoseconds">How long it took altogether.</param>
/// <param name="Operations">Operations in it.</param>
/// <param name="Checksum">Sum of everything that was read, 0 for writes.</param>
internal readonly record struct Timing(double Nanoseconds, long Operations, ulong Checksum)
{
    /// <summary>Time of one operation.</summary>
    public double NanosecondsEach => Nanoseconds / Operations;
}
