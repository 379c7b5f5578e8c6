namespace HarmonyDB.Raft.Messages;

/// <summary>
/// What one member says to another. Immutable. Messages may be lost, duplicated, delayed and reordered; none of that may do harm.
/// </summary>
/// <param name="From">The sender.</param>
/// <param name="To">The receiver; anyone else ignores the message (R61).</param>
/// <param name="Term">The sender's term when it sent the message.</param>
public abstract record RaftMessage(MemberId From, MemberId To, Term Term);
