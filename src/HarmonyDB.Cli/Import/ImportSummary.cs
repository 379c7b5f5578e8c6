namespace HarmonyDB.Cli.Import;

/// <summary>What an import did.</summary>
/// <param name="Written">Records written, each acknowledged by the cluster.</param>
/// <param name="Retries">Puts that were sent again.</param>
/// <param name="BadLineCount">Lines that could not become a key.</param>
/// <param name="FirstBadLines">The first of them.</param>
/// <param name="Elapsed">How long it took.</param>
internal sealed record ImportSummary(long Written, long Retries, long BadLineCount, IReadOnlyList<BadLine> FirstBadLines, TimeSpan Elapsed);
