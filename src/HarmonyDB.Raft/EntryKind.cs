namespace HarmonyDB.Raft;

/// <summary>What the payload of an <see cref="Entry"/> is for. The numbers are stored and sent: they never change.</summary>
public enum EntryKind : byte
{
    /// <summary>A command for the state machine, opaque to Raft.</summary>
    Command = 0,

    /// <summary>The empty entry with which a leader opens its term, so that it may commit what came before (Raft paper, section 8).</summary>
    Noop = 1,

    /// <summary>A <see cref="Raft.Configuration"/>, effective from the moment it is appended.</summary>
    Configuration = 2,
}
