namespace HarmonyDB.Cli.Playground;

/// <summary>A set of keys with their values, summed up; equal for equal contents.</summary>
/// <param name="Count">Number of keys.</param>
/// <param name="Checksum">As <see cref="ContentChecksum"/> computes it.</param>
internal sealed record ContentSummary(long Count, string Checksum);
