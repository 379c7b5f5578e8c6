namespace HarmonyDB.Faults.CrashImages;

/// <summary>What was found after a crash is not what may be there.</summary>
internal sealed class CrashCheckException(string message) : Exception(message);
