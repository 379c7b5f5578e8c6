using System.Runtime.CompilerServices;
using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Log;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Simulation;

/// <summary>What must hold at every step, whatever goes wrong (Raft paper, figure 3, and FAULTS 4.3). Looks at all nodes at once, as no node can.</summary>
internal sealed class ClusterChecks(ClusterSimulation simulation)
{
    private readonly Dictionary<ulong, MemberId> _leaders = [];
    private readonly Dictionary<ulong, Guid> _folders = [];
    private readonly Dictionary<(ulong Index, ulong Term), (Entry Entry, ulong PreviousTerm)> _written = [];
    private readonly Dictionary<ulong, (ulong Hash, int Node)> _stateHashes = [];

    // The last entry that was committed in each term, ascending, with the term that the entry itself is of.
    private readonly List<(Term Committed, LogIndex Index, Term Entry)> _commits = [];

    /// <summary>Entries that were committed and handed out.</summary>
    public CommittedLog CommittedLog { get; } = new();

    /// <summary>How many terms had a leader.</summary>
    public int ElectionCount => _leaders.Count;

    /// <summary>How many times a node was looked at after an event.</summary>
    public long StepCount { get; private set; }

    /// <summary>Distinct states of the keyspace that were compared.</summary>
    public int StateCount => _stateHashes.Count;

    /// <summary>A node is done with an event.</summary>
    public void AfterEvent(SimulatedNode node)
    {
        StepCount++;
        if (node.Raft is not { } raft)
        {
            return;
        }

        NodeRecord record = node.Record;
        record.WasBorn = true;
        Require(raft.Term >= record.Term, node, $"its term fell from {record.Term} to {raft.Term}");
        Require(raft.Commit >= record.Commit, node, $"its commit index fell from {record.Commit} to {raft.Commit}");
        Require(raft.Applied >= record.Applied, node, $"its applied index fell from {record.Applied} to {raft.Applied}");
        Require(
            raft.Applied <= raft.Commit && raft.Commit <= raft.LastIndex, node,
            $"applied {raft.Applied}, commit {raft.Commit} and last index {raft.LastIndex} are out of order");
        record.Term = raft.Term;
        record.Commit = raft.Commit;
        record.Applied = raft.Applied;
        if (raft.Role == Role.Leader)
        {
            Leading(node, raft, record);
        }

        if ((_commits.Count == 0 || raft.Commit > _commits[^1].Index) && raft.Log.TryTermAt(raft.Commit, out Term term))
        {
            CommitAdvanced(raft, term);
        }
    }

    /// <summary>A folder says whose it is: a member has one for good. Another one would not know how the member has voted (R9).</summary>
    public void Identified(SimulatedNode node, FolderIdentity identity)
    {
        if (identity.MemberId != 0 && !_folders.TryAdd(identity.MemberId, identity.BirthId))
        {
            Guid other = _folders[identity.MemberId];
            Require(other == identity.BirthId, node, $"its folder {identity.BirthId} is that of member {identity.MemberId}, which has folder {other} (R9)");
        }
    }

    /// <summary>A node is about to write to its log.</summary>
    public void Appending(SimulatedNode node, AppendEffect append, SegmentedLog log)
    {
        if (append.Entries.Count == 0)
        {
            return;
        }

        ulong previousTerm = log.TermAt(append.Entries[0].Index.Value - 1);
        node.Record.Configurations.RemoveAll(c => c.Index >= append.Entries[0].Index.Value);
        for (int i = 0; i < append.Entries.Count; i++)
        {
            Entry entry = append.Entries[i];
            (ulong Index, ulong Term) key = (entry.Index.Value, entry.Term.Value);
            if (entry.Index.Value == 1)
            {
                // No leader made it: a first member that lost it in a crash before it told anyone makes another.
                _written[key] = (entry, 0);
            }
            else if (!_written.TryGetValue(key, out (Entry Entry, ulong PreviousTerm) known))
            {
                _written.Add(key, (entry, previousTerm));
            }
            else
            {
                // By induction: logs that agree on index and term of an entry agree on it and on all before it (Log Matching).
                bool same = ReferenceEquals(known.Entry, entry) || CommittedLog.IsSame(known.Entry, entry);
                Require(
                    same && known.PreviousTerm == previousTerm, node,
                    $"it has another entry {entry.Index} of term {entry.Term} than another node (Log Matching)");
            }

            previousTerm = entry.Term.Value;
            if (entry.Kind == EntryKind.Configuration)
            {
                ConfigurationChanged(node, entry);
            }
        }
    }

    /// <summary>A message leaves: what it asserts must be on the sender's disk (R26).</summary>
    public void Sent(SimulatedNode node, RaftMessage message)
    {
        LogHardState durable = node.Record.Durable;
        switch (message)
        {
            case RequestVote vote:
                Require(
                    durable.Term > vote.Term.Value || (durable.Term == vote.Term.Value && durable.Vote == vote.From.Value), node,
                    $"it asks for votes in term {vote.Term}, but its own is not durable");
                break;
            case RequestVoteResponse { VoteGranted: true } granted:
                Require(
                    durable.Term > granted.Term.Value || (durable.Term == granted.Term.Value && durable.Vote == granted.To.Value), node,
                    $"it sends its vote in term {granted.Term}, but it is not durable");
                break;
            case AppendEntriesResponse response:
                Require(durable.Term >= response.Term.Value, node, $"it answers in term {response.Term}, but that is not durable");

                // What it asserted in an earlier term may have been replaced since; the receiver no longer leads then.
                bool isCurrent = response.Success && node.Raft!.Term == response.Term;
                Require(
                    !isCurrent || node.Files!.Log.DurableIndex >= response.MatchIndex.Value, node,
                    $"it asserts entry {response.MatchIndex}, but only {node.Files!.Log.DurableIndex} is durable");
                break;
        }
    }

    /// <summary>A node is given entries to apply: committed ones, durable in its own log (R27).</summary>
    public void Committed(SimulatedNode node, IReadOnlyList<Entry> entries)
    {
        LogIndex last = entries[^1].Index;
        Require(last.Value <= node.Files!.Log.DurableIndex, node, $"it applies entry {last}, but its own log does not have it durably (R27)");
        Require(last <= node.Raft!.Commit, node, $"it applies entry {last}, but its commit index is {node.Raft!.Commit}");
        foreach (Entry entry in entries)
        {
            CommittedLog.Apply(entry, node.Number);
        }
    }

    /// <summary>A node has applied entries: equal state at equal applied index on all nodes.</summary>
    public void Applied(SimulatedNode node, KeyspaceStateMachine keyspace)
    {
        ulong hash = keyspace.StateHash.Value;
        if (!_stateHashes.TryAdd(keyspace.AppliedIndex, (hash, node.Number)))
        {
            (ulong other, int number) = _stateHashes[keyspace.AppliedIndex];
            Require(hash == other, node, $"its state at entry {keyspace.AppliedIndex} is not that of n{number + 1}");
        }
    }

    /// <summary>What costs the whole file: every page accounted for, checksums, and the state hash made anew.</summary>
    public void WholeStore(SimulatedNode node, NodeFiles files)
    {
        CheckReport report = files.Store.Check();
        Require(report.IsHealthy, node, $"its store is damaged: {string.Join(' ', report.Problems)}");
        using ReadTransaction read = files.Store.BeginRead();
        Require(read.Mark == files.Keyspace.AppliedIndex, node, $"its store is at entry {read.Mark}, but it has applied {files.Keyspace.AppliedIndex} (R51)");
        Require(KeyspaceReader.ComputeHash(read).Equals(files.Keyspace.StateHash), node, $"its state hash at entry {read.Mark} is not that of its content");
    }

    // The first node to know is the leader that committed it, or one that heard from it in that term or a later one.
    private void CommitAdvanced(RaftNode raft, Term term)
    {
        if (_commits.Count > 0 && _commits[^1].Committed >= raft.Term)
        {
            _commits[^1] = (_commits[^1].Committed, raft.Commit, term);
        }
        else
        {
            _commits.Add((raft.Term, raft.Commit, term));
        }
    }

    // Two quorums that do not meet could decide differently: none may come about from one configuration to the next.
    private void ConfigurationChanged(SimulatedNode node, Entry entry)
    {
        Raft.Configuration next = Raft.Configuration.Decode(simulation.Settings.Raft.ConfigurationCodec, entry.Payload);
        List<(ulong Index, ulong Term, Raft.Configuration Configuration)> known = node.Record.Configurations;
        if (known.Count > 0)
        {
            Raft.Configuration last = known[^1].Configuration;
            Require(QuorumOverlap.Holds(last, next), node, $"quorums of {last} and {next} at entry {entry.Index} need not meet");
        }

        known.Add((entry.Index.Value, entry.Term.Value, next));
    }

    private void Leading(SimulatedNode node, RaftNode raft, NodeRecord record)
    {
        if (record.LedTerm == raft.Term)
        {
            Require(raft.LastIndex >= record.LedLastIndex, node, $"it leads, and its log became shorter than {record.LedLastIndex} (Leader Append-Only)");
        }
        else
        {
            if (!_leaders.TryAdd(raft.Term.Value, raft.Id))
            {
                MemberId other = _leaders[raft.Term.Value];
                Require(other == raft.Id, node, $"it leads term {raft.Term}, as does member {other} (Election Safety)");
            }

            // What a later term committed a leader of this one need not have: it was elected before, and learned of it late.
            (_, LogIndex index, Term entryTerm) = _commits.FindLast(c => c.Committed < raft.Term);
            bool complete = index == LogIndex.Zero || raft.Log.Matches(index, entryTerm) || raft.Log.FirstIndex > index;
            Require(complete, node, $"it leads term {raft.Term} without committed entry {index} of term {entryTerm} (Leader Completeness)");
            record.LedTerm = raft.Term;
            simulation.Trace.Add(simulation.Now, EventKind.Elected, node.Number, (long)raft.Term.Value);
        }

        record.LedLastIndex = raft.LastIndex;
    }

    private static void Require(bool holds, SimulatedNode node, [InterpolatedStringHandlerArgument(nameof(holds))] ref CheckMessage what)
    {
        if (!holds)
        {
            throw new SimulationFailedException($"n{node.Number + 1}: {what.ToStringAndClear()}.");
        }
    }
}
