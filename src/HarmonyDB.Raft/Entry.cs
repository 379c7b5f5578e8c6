namespace HarmonyDB.Raft;

/// <summary>One entry of the replicated log. Index and term together name its content for ever.</summary>
/// <param name="Index">Its position, from 1.</param>
/// <param name="Term">The term of the leader that created it.</param>
/// <param name="Kind">What the payload is for.</param>
/// <param name="Payload">The content. Kept by reference, so nobody may change it after handing it over.</param>
public sealed record Entry(LogIndex Index, Term Term, EntryKind Kind, ReadOnlyMemory<byte> Payload)
{
    /// <summary>What an entry counts for beside its payload in every bound on bytes, so that empty entries are bounded too.</summary>
    public const int OverheadBytes = 64;

    /// <summary>Payload plus <see cref="OverheadBytes"/>: what the entry counts for in every bound on bytes.</summary>
    public long SizeBytes => (long)Payload.Length + OverheadBytes;
}
