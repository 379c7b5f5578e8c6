namespace HarmonyDB.Cli.Import;

/// <summary>A line that cannot become a key.</summary>
/// <param name="LineNumber">Its line, from 1.</param>
/// <param name="Problem">What is wrong with it.</param>
internal sealed record BadLine(long LineNumber, string Problem);
