namespace HarmonyDB.Raft;

/// <summary>
/// The configuration in force, which is the newest in the log, committed or not (Raft paper, section 6), and those that come back when it is
/// truncated away (R2, R3, R7).
/// </summary>
internal sealed class ConfigurationHistory
{
    private readonly List<(LogIndex Index, Configuration Configuration)> _history = [];

    /// <summary>Starts from what is on disk.</summary>
    public ConfigurationHistory(RaftRestore restore)
    {
        foreach (var earlier in restore.EarlierConfigurations)
        {
            Append(earlier.Index, earlier.Configuration);
        }
        Append(restore.ConfigurationIndex, restore.Configuration);
        Invariant.Check(restore.ConfigurationIndex <= restore.LastIndex,
            $"The configuration stands at {restore.ConfigurationIndex}, beyond the end of the log at {restore.LastIndex}.");
    }

    /// <summary>The configuration in force.</summary>
    public Configuration Current => _history.Count == 0 ? Configuration.Empty : _history[^1].Configuration;

    /// <summary>Whether a configuration between these two indexes, the second included, is in the log.</summary>
    public bool HasBetween(LogIndex afterIndex, LogIndex toInclusive)
    {
        foreach (var (index, _) in _history)
        {
            if (index > afterIndex && index <= toInclusive)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Takes a configuration into force.</summary>
    public void Append(LogIndex index, Configuration configuration)
    {
        Invariant.Check(_history.Count == 0 || index > _history[^1].Index, $"A configuration at {index} does not follow the one before it.");
        _history.Add((index, configuration));
    }

    /// <summary>Entries from this index on are gone, and the configurations in them.</summary>
    public void TruncateFrom(LogIndex index)
    {
        while (_history.Count > 0 && _history[^1].Index >= index)
        {
            _history.RemoveAt(_history.Count - 1);
        }
    }

    /// <summary>Entries up to this index are committed; what was replaced by then can no longer come back.</summary>
    public void CommittedTo(LogIndex index)
    {
        while (_history.Count > 1 && _history[1].Index <= index)
        {
            _history.RemoveAt(0);
        }
    }
}
