namespace HarmonyDB.Cli.Import;

/// <summary>One line of a delimited file that is to become a key and its value.</summary>
/// <param name="LineNumber">Its line, from 1.</param>
/// <param name="Key">The prefix followed by the key field.</param>
/// <param name="Value">The whole line without its line break.</param>
internal sealed record DelimitedRecord(long LineNumber, byte[] Key, byte[] Value);
