using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Model;

/// <summary>Messages as text.</summary>
internal static class MessageText
{
    /// <summary>A message for people.</summary>
    public static string Of(RaftMessage message) => message switch
    {
        AppendEntries append => $"AppendEntries {{ From = {append.From}, To = {append.To}, Term = {append.Term}, after {append.PrevLogIndex}/"
            + $"{append.PrevLogTerm}: [{string.Join(' ', append.Entries.Select(entry => $"{entry.Index}/{entry.Term}"))}], LeaderCommit = {append.LeaderCommit} }}",
        SnapshotMessage snapshot => snapshot.ForCore.ToString(),
        _ => message.ToString(),
    };
}
