namespace HarmonyDB.Raft;

/// <summary>
/// The configuration in force, which is the newest in the log, committed or not (Raft paper, section 6), those that come back when it is truncated
/// away (R2, R3, R7), and the one that a snapshot of what is applied has to name.
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
        foreach (var (index, configuration) in _history)
        {
            Invariant.Check(!configuration.IsJoint || !configuration.Payload.IsEmpty,
                $"The joint configuration at {index} has no payload, without which it could never be left.");
        }
    }

    /// <summary>The configuration in force.</summary>
    public Configuration Current => _history[^1].Configuration;

    /// <summary>Where it stands in the log; zero when it did not come from there.</summary>
    public LogIndex CurrentIndex => _history[^1].Index;

    /// <summary>The configuration that was in force at an index, and where it stands; false when that is no longer known.</summary>
    public bool TryGetAt(LogIndex index, out LogIndex configurationIndex, out Configuration configuration)
    {
        for (var i = _history.Count - 1; i >= 0; i--)
        {
            if (_history[i].Index <= index)
            {
                (configurationIndex, configuration) = _history[i];
                return true;
            }
        }
        (configurationIndex, configuration) = (LogIndex.Zero, Configuration.Empty);
        return false;
    }

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

    /// <summary>Where the newest configuration stands that names a member; false when none does that is still known.</summary>
    public bool TryFindNewestWith(MemberId member, out LogIndex index)
    {
        for (var i = _history.Count - 1; i >= 0; i--)
        {
            if (_history[i].Configuration.IsMember(member))
            {
                index = _history[i].Index;
                return true;
            }
        }
        index = LogIndex.Zero;
        return false;
    }

    /// <summary>The name of a snapshot of what is applied up to an index; null when that is not known any more.</summary>
    public SnapshotMetadata? Describe(LogIndex index, RaftLog log) =>
        index > LogIndex.Zero && log.TryTermAt(index, out var term) && TryGetAt(index, out var configurationIndex, out var configuration) &&
        !configuration.IsEmpty
            ? new SnapshotMetadata(index, term, configuration, configurationIndex)
            : null;

    /// <summary>Takes a configuration into force.</summary>
    public void Append(LogIndex index, Configuration configuration)
    {
        Invariant.Check(_history.Count == 0 || index > CurrentIndex, $"A configuration at {index} does not follow the one at {CurrentIndex}.");
        _history.Add((index, configuration));
    }

    /// <summary>Entries from this index on are gone, and the configurations in them.</summary>
    public void TruncateFrom(LogIndex index)
    {
        while (_history[^1].Index >= index)
        {
            Invariant.Check(_history.Count > 1, $"Truncating from {index} leaves no configuration.");
            _history.RemoveAt(_history.Count - 1);
        }
    }

    /// <summary>The log was replaced by a snapshot: whatever stood in it says nothing any more (R8).</summary>
    public void Replace(LogIndex index, Configuration configuration)
    {
        _history.Clear();
        _history.Add((index, configuration));
    }

    /// <summary>Entries up to this index are applied, hence committed: what was replaced by then can neither come back nor be asked for.</summary>
    public void AppliedTo(LogIndex index)
    {
        while (_history.Count > 1 && _history[1].Index <= index)
        {
            _history.RemoveAt(0);
        }
    }
}
