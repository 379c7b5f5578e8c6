using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.Simulation;

/// <summary>What the checks remember of one node: what its disk holds for certain, and what its Raft core last said.</summary>
internal sealed class NodeRecord
{
    private ulong _durableIndex;
    private ulong _durableTerm;

    /// <summary>Whether it ever belonged to the cluster.</summary>
    public bool WasBorn { get; set; }

    /// <summary>The hard state that its disk holds.</summary>
    public LogHardState Durable { get; private set; }

    /// <summary>The term it last had.</summary>
    public Term Term { get; set; }

    /// <summary>The commit index it last had.</summary>
    public LogIndex Commit { get; set; }

    /// <summary>The applied index it last had.</summary>
    public LogIndex Applied { get; set; }

    /// <summary>The term in which it last led.</summary>
    public Term LedTerm { get; set; }

    /// <summary>The last index it had while it led in that term.</summary>
    public LogIndex LedLastIndex { get; set; }

    /// <summary>The configurations in its log, ascending.</summary>
    public List<(ulong Index, ulong Term, Raft.Configuration Configuration)> Configurations { get; } = [];

    /// <summary>The log was flushed: what it holds now it must hold for ever.</summary>
    public void Flushed(SegmentedLog log, SimulatedNode node)
    {
        RequireNoRegress(log.HardState, node);
        Remember(log);
    }

    /// <summary>A snapshot takes the place of the log: all of it is committed, and what the log held of it need not be there any more.</summary>
    public void Installing(InstallSnapshotEffect install)
    {
        Configurations.Clear();
        if (install.Index.Value >= _durableIndex)
        {
            _durableIndex = 0;
            _durableTerm = 0;
        }
    }

    /// <summary>The process is about to end. What it wrote and did not flush outlives the process, but not a power cut before the next start is done.</summary>
    public void Crashed(SegmentedLog log)
    {
        if (log.DurableIndex < _durableIndex)
        {
            // A replacement of entries was written but not flushed: what it replaces may or may not come back.
            _durableIndex = log.DurableIndex;
            _durableTerm = log.TermAt(_durableIndex);
        }
    }

    /// <summary>The folder was opened again.</summary>
    public void Restarted(NodeFiles files, SimulatedNode node)
    {
        SegmentedLog log = files.Log;
        RequireNoRegress(log.HardState, node);
        if (log.LastIndex < _durableIndex || (_durableIndex >= log.FirstIndex && log.TermAt(_durableIndex) != _durableTerm))
        {
            throw new SimulationFailedException(
                $"n{node.Number + 1} had entry {_durableIndex} of term {_durableTerm} on disk; after the restart its log ends at {log.LastIndex}.");
        }

        Remember(log);
        Configurations.RemoveAll(c => c.Index > log.LastIndex || (c.Index >= log.FirstIndex && log.TermAt(c.Index) != c.Term));
        Term = new Term(log.HardState.Term);
        Commit = default;
        Applied = new LogIndex(files.Keyspace.AppliedIndex);
        LedTerm = default;
    }

    /// <summary>The folder is lost.</summary>
    public void Wiped()
    {
        Durable = default;
        Configurations.Clear();
        _durableIndex = 0;
        _durableTerm = 0;
    }

    private void Remember(SegmentedLog log)
    {
        Durable = log.HardState;
        _durableIndex = log.LastIndex;
        _durableTerm = log.TermAt(log.LastIndex);
    }

    private void RequireNoRegress(LogHardState now, SimulatedNode node)
    {
        bool sameVote = now.Term != Durable.Term || Durable.Vote == 0 || now.Vote == Durable.Vote;
        if (now.Term < Durable.Term || now.Commit < Durable.Commit || !sameVote)
        {
            throw new SimulationFailedException($"The hard state of n{node.Number + 1} went back on disk: {now} after {Durable} (R24).");
        }
    }
}
