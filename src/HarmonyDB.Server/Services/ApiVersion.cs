namespace HarmonyDB.Server.Services;

/// <summary>The versions a node tells.</summary>
internal static class ApiVersion
{
    /// <summary>The version of etcd whose API this is: clients choose by it what they may ask.</summary>
    public const string Etcd = "3.5.0";

    /// <summary>The version of this program.</summary>
    public static string HarmonyDb { get; } = typeof(ApiVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
