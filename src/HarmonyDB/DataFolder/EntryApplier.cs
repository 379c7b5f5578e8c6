using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.DataFolder;

/// <summary>
/// Carries out what a <see cref="Replica"/> wants applied: gathers committed entries and applies them in few transactions.
/// StorageActor and the simulator run this same class; when to apply and when to make the store durable is theirs.
/// </summary>
/// <remarks>
/// For the store writer's one thread. After an exception the node stops: half an apply must not be served. A full disk is the exception to that: nothing
/// was applied then, all of it still waits.
/// </remarks>
internal sealed class EntryApplier
{
    private const long TransactionBytesMaximum = 8 << 20;

    private readonly KeyspaceStateMachine _keyspace;
    private readonly Queue<Entry> _waiting = new();

    /// <summary>Creates it over a keyspace, which stays its owner's.</summary>
    public EntryApplier(KeyspaceStateMachine keyspace)
    {
        _keyspace = keyspace;
    }

    /// <summary>Whether entries wait to be applied.</summary>
    public bool AnyWaiting => _waiting.Count > 0;

    /// <summary>Adds entries, in the order of the log.</summary>
    public void Add(ApplyEffect apply)
    {
        foreach (Entry entry in apply.Entries)
        {
            _waiting.Enqueue(entry);
        }
    }

    /// <summary>Applies what waits, up to the bound on one transaction, with deferred durability.</summary>
    /// <param name="bytes">Size of what was applied.</param>
    /// <returns>What <see cref="Replica.Applied"/> is to be told.</returns>
    /// <exception cref="HarmonyDB.Storage.Files.DiskFullException">The store cannot grow. Try again when there is space.</exception>
    public List<AppliedEntry> ApplyWaiting(out long bytes)
    {
        var applied = new List<AppliedEntry>(_waiting.Count);
        bytes = 0;
        using ApplyBatch batch = _keyspace.BeginApply();
        foreach (Entry entry in _waiting)
        {
            if (bytes >= TransactionBytesMaximum)
            {
                break;
            }

            bytes += entry.Payload.Length;
            applied.Add(new AppliedEntry(entry.Index, entry.Term, Apply(batch, entry)));
        }

        batch.Commit();
        for (int i = 0; i < applied.Count; i++)
        {
            _waiting.Dequeue();
        }

        return applied;
    }

    private static IReadOnlyList<CommandResult> Apply(ApplyBatch batch, Entry entry)
    {
        if (entry.Kind == EntryKind.Command)
        {
            return batch.Apply(entry.Index.Value, entry.Payload.Span);
        }

        if (entry.Kind == EntryKind.Configuration)
        {
            batch.ApplyConfiguration(entry.Index.Value, entry.Payload.Span);
        }
        else
        {
            batch.Skip(entry.Index.Value);
        }

        return [];
    }
}
