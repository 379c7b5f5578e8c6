namespace HarmonyDB.Storage.Log;

/// <summary>A place in the log: everything before it, in this and all earlier segments.</summary>
internal readonly record struct LogPosition(ulong Segment, long Offset);
