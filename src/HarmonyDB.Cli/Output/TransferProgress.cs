namespace HarmonyDB.Cli.Output;

/// <summary>How far a transfer is.</summary>
/// <param name="Records">Records done.</param>
/// <param name="Bytes">Bytes of input done.</param>
internal readonly record struct TransferProgress(long Records, long Bytes);
