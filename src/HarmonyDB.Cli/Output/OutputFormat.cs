namespace HarmonyDB.Cli.Output;

/// <summary>For whom results are printed.</summary>
internal enum OutputFormat
{
    /// <summary>For people.</summary>
    Table,

    /// <summary>For programs.</summary>
    Json,
}
