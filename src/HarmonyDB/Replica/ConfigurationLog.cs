using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// The configurations in the log, with the names and addresses that Raft does not look at. The newest is in force from its append on, committed or not
/// (Raft paper, section 6); when its entry is replaced, the one before is in force again (R2, R3, R7). Pure.
/// </summary>
internal sealed class ConfigurationLog
{
    private readonly List<(LogIndex Index, ClusterConfiguration Configuration)> _entries = [];

    /// <summary>The configuration in force; null before there is one.</summary>
    public ClusterConfiguration? Current => _entries.Count == 0 ? null : _entries[^1].Configuration;

    /// <summary>Where it stands in the log.</summary>
    public LogIndex CurrentIndex => _entries.Count == 0 ? LogIndex.Zero : _entries[^1].Index;

    /// <summary>The newest one that is committed; null before there is one.</summary>
    public ClusterConfiguration? Committed { get; private set; }

    /// <summary>Starts anew with one configuration: the first one, one of the store, or one that came with a snapshot.</summary>
    public void Reset(LogIndex index, ClusterConfiguration configuration)
    {
        _entries.Clear();
        _entries.Add((index, configuration));
        Committed = configuration;
    }

    /// <summary>Entries are appended, and replace what the log had from the first of them on.</summary>
    public void Appended(IReadOnlyList<Entry> entries)
    {
        if (entries.Count > 0)
        {
            _entries.RemoveAll(e => e.Index >= entries[0].Index);
        }

        foreach (Entry entry in entries)
        {
            if (entry.Kind == EntryKind.Configuration)
            {
                Add(entry.Index, ClusterConfiguration.Parse(entry.Payload.Span));
            }
        }
    }

    /// <summary>Adds a configuration that stands in the log after all before.</summary>
    public void Add(LogIndex index, ClusterConfiguration configuration) => _entries.Add((index, configuration));

    /// <summary>Entries up to this one are committed: what was replaced by then cannot come back.</summary>
    public void CommittedTo(LogIndex index)
    {
        int newest = _entries.FindLastIndex(e => e.Index <= index);
        if (newest >= 0)
        {
            Committed = _entries[newest].Configuration;
            _entries.RemoveRange(0, newest);
        }
    }
}
