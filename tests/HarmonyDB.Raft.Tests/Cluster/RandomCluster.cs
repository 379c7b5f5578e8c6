using System.Globalization;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>
/// One cluster under random faults, drawn from a seed: messages lost, doubled and reordered, partitions, slow disks, crashes that lose what was not
/// flushed, members that come and go, logs that are compacted. After every step the properties of figure 3 of the Raft paper must hold.
/// </summary>
internal sealed class RandomCluster
{
    private readonly SeededRandomSource _random;
    private readonly TestCluster _cluster;
    private readonly Dictionary<Term, MemberId> _leaders = [];
    private readonly List<Entry> _applied = [];
    private readonly Dictionary<(LogIndex, Term), string> _contents = [];
    private readonly Dictionary<(MemberId, ulong), LogIndex> _reads = [];
    private readonly int _loss;
    private readonly int _doubling;
    private readonly bool _slowDisks;
    private readonly int _crashRate;
    private readonly int _partitionRate;
    private readonly bool _changesMembers;
    private readonly bool _compacts;
    private ulong _lastMember;
    private LogIndex _committed;
    private ulong _proposals;
    private ulong _requests;

    /// <param name="seed">What happens, and in which order.</param>
    /// <param name="disturbsChanges">Whether members change and partitions come and go in any case, more often than otherwise.</param>
    public RandomCluster(ulong seed, bool disturbsChanges = false)
    {
        _random = new SeededRandomSource(seed);
        var voters = 1 + (2 * Next(3));
        // Each fault is on in some seeds only, so that none hides what another would show.
        _loss = Next(3) == 0 ? 0 : Next(30);
        _doubling = Next(2) == 0 ? 0 : Next(30);
        _slowDisks = Next(2) == 0;
        _crashRate = Next(3) == 0 ? 0 : 1 + Next(3);
        _partitionRate = Next(2) == 0 ? 0 : 1 + Next(3);
        _partitionRate = disturbsChanges ? 4 : _partitionRate;
        _changesMembers = Next(2) == 0 || disturbsChanges;
        _compacts = Next(2) == 0;
        _lastMember = (ulong)voters;
        var smallTail = Next(2) == 0;
        var checkQuorum = Next(2) == 0;
        // All with pre-vote, none, or a mixture (R29).
        var preVote = Next(3);
        var configuration = new Configuration(
            Enumerable.Range(1, voters).Select(id => new MemberId((ulong)id)), [], Next(3) == 0 ? [new MemberId(99)] : []);
        _cluster = new TestCluster(configuration, options => options with
        {
            MaximumAppendBytes = 300,
            MaximumInflightAppends = 4,
            MaximumInflightBytes = 1000,
            MaximumTailBytes = smallTail ? 500 : options.MaximumTailBytes,
            MaximumUncommittedBytes = 5000,
            MaximumCommittedBytesPerReady = 400,
            MaximumApplyingBytes = 800,
            MaximumPromotionLagEntries = 2,
            PreVote = preVote == 2 || (preVote == 1 && options.Id.Value % 2 == 0),
            CheckQuorum = checkQuorum,
        });
        foreach (var node in _cluster.Nodes.Values)
        {
            Watch(node);
        }
    }

    public RandomClusterCounts Counts { get; } = new();

    public int Step { get; private set; }

    public string Trace { get; private set; } = string.Empty;

    public void Execute(int steps)
    {
        for (Step = 0; Step < steps; Step++)
        {
            Act();
            foreach (var node in _cluster.Nodes.Values.Where(node => node.IsUp))
            {
                CheckNode(node);
            }
            if (Step % 100 == 0)
            {
                CheckLogMatching();
            }
        }
        Converge();
        CheckLogMatching();
        Trace = string.Create(CultureInfo.InvariantCulture,
            $"{Counts.Elections} {Counts.Applied} {Counts.ReadsAnswered} {_committed} {string.Join(' ', _applied.Select(entry => entry.Term))}");
    }

    private void Watch(TestNode node)
    {
        node.HoldDisk = _slowDisks;
        node.HoldApplied = _slowDisks;
        node.ReadyTaken += OnReady;
        node.EntryApplied += OnApplied;
        node.SnapshotInstalled += OnSnapshotInstalled;
        node.ReadAnswered += OnReadAnswered;
        node.ReadFailed += (failed, requestId) => Assert.True(_reads.Remove((failed.Id, requestId)), "A read failed that was not asked.");
    }

    private int Next(int bound) => (int)(_random.NextUInt64() % (ulong)bound);

    private TestNode Pick() => _cluster.Nodes.Values.ElementAt(Next(_cluster.Nodes.Count));

    private void Act()
    {
        var node = Pick();
        switch (Next(100))
        {
            case < 55:
                DeliverOne();
                break;
            case < 70:
                // Mostly small steps; now and then a pause long enough for an election.
                node.Advance(TimeSpan.FromMilliseconds(Next(Next(20) == 0 ? 600 : 60)));
                Partition(node);
                Transfer(node);
                break;
            case < 85 when node.IsUp:
                FinishSomething(node);
                break;
            case < 91 when node.IsUp:
                Propose(node);
                break;
            case < 94 when node.IsUp:
                Read(node);
                break;
            case < 97 when node.IsUp:
                Maintain(node);
                break;
            case < 100 when !node.IsUp:
                node.Restart();
                break;
            case >= 97 when Next(10) < _crashRate:
                Crash(node);
                break;
        }
    }

    private void Partition(TestNode node)
    {
        if (_partitionRate > 0 && Next(100) < _partitionRate)
        {
            _cluster.Isolate(node.Id.Value);
            Counts.Partitions++;
        }
        if (Next(50) == 0)
        {
            _cluster.Heal();
        }
    }

    private void Transfer(TestNode node)
    {
        if (node.IsUp && Next(20) == 0)
        {
            Counts.Transfers += node.TransferLeadership().Status == TransferStatus.Started ? 1 : 0;
        }
    }

    private void DeliverOne()
    {
        if (_cluster.Network.Count == 0)
        {
            return;
        }
        // Mostly in order, as on one connection, or nothing would ever get done.
        var position = Next(4) == 0 ? Next(_cluster.Network.Count) : 0;
        var message = _cluster.Network[position];
        if (Next(100) >= _doubling)
        {
            _cluster.Network.RemoveAt(position);
        }
        if (Next(100) < _loss || !_cluster.Deliver(message))
        {
            _cluster.Lose(message);
        }
    }

    private void Maintain(TestNode node)
    {
        if (_compacts && Next(2) == 0)
        {
            var before = node.Disk.FirstIndex;
            node.Compact(new LogIndex((ulong)Next(node.Disk.Applied.Count + 1)));
            Counts.Compactions += node.Disk.FirstIndex > before ? 1 : 0;
        }
        if (_changesMembers && node.Node.Role == Role.Leader)
        {
            ChangeMembers(node);
        }
    }

    // Each member may move anywhere, most stay, and now and then somebody new joins: from nothing at all to everything at once.
    private void ChangeMembers(TestNode leader)
    {
        var voters = new List<MemberId>();
        var learners = new List<MemberId>();
        foreach (var member in leader.Node.Configuration.Members)
        {
            var draw = Next(10);
            if (draw < 7 ? leader.Node.Configuration.Voters.Contains(member) : draw == 7)
            {
                voters.Add(member);
            }
            else if (draw < 9)
            {
                learners.Add(member);
            }
        }
        if (_lastMember < 9 && Next(3) == 0)
        {
            learners.Add(new MemberId(++_lastMember));
            Watch(_cluster.Join(_lastMember));
        }
        else
        {
            foreach (var learner in learners.Where(_ => Next(2) == 0).ToList())
            {
                learners.Remove(learner);
                voters.Add(learner);
            }
        }
        var text = $"{string.Join(' ', voters.Select(voter => voter.Value))}|{string.Join(' ', learners.Select(learner => learner.Value))}";
        var wasRefusedEarlier = leader.Node.Configuration.IsJoint || leader.Node.ConfigurationIndex > leader.Node.Commit;
        var result = leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode(text));
        Assert.False(wasRefusedEarlier && result.Status == ProposeStatus.Accepted, "R2: a second change was accepted.");
        Counts.Changes += result.Status == ProposeStatus.Accepted ? 1 : 0;
        Counts.JointChanges += leader.Node.Configuration.IsJoint ? 1 : 0;
        leader.Pump();
    }

    private void FinishSomething(TestNode node)
    {
        node.Flush(1 + Next(4));
        if (node.HoldApplied && node.Node.Applied.Value < (ulong)node.Disk.Applied.Count)
        {
            node.ReportApplied();
        }
    }

    private void Propose(TestNode node)
    {
        var payload = TestCluster.Bytes($"{++_proposals}{new string('x', Next(120))}");
        var result = node.Propose(payload);
        Assert.Equal(node.Node.Role == Role.Leader, result.Status != ProposeStatus.NotLeader);
    }

    private void Read(TestNode node)
    {
        var requestId = ++_requests;
        _reads[(node.Id, requestId)] = _committed;
        if (node.ReadIndex(requestId) != ReadIndexStatus.Accepted)
        {
            _reads.Remove((node.Id, requestId));
        }
    }

    private void Crash(TestNode node)
    {
        Counts.Crashes++;
        node.Crash(Next(3));
        foreach (var read in _reads.Keys.Where(read => read.Item1 == node.Id).ToList())
        {
            _reads.Remove(read);
        }
        // The state machine comes back as of its last checkpoint.
        var least = (int)node.Disk.FirstIndex.Value - 1;
        var kept = least + Next(node.Disk.Applied.Count + 1 - least);
        node.Disk.Applied.RemoveRange(kept, node.Disk.Applied.Count - kept);
    }

    private void OnReady(TestNode node, Ready ready)
    {
        Counts.LogReads += ready.LogReads.Count;
        Counts.Removals += ready.WasRemoved ? 1 : 0;
        if (ready.Entries.Count > 0)
        {
            Counts.Overwritten += ready.Entries[0].Index <= node.Disk.LastIndex && node.Unflushed.Count == 0 ? 1 : 0;
        }
        foreach (var entry in ready.Entries)
        {
            // Log Matching, first half: index and term name one entry.
            var content = $"{entry.Kind} {TestCluster.Text(entry)}";
            Assert.Equal(content, _contents.TryGetValue((entry.Index, entry.Term), out var known) ? known : content);
            _contents[(entry.Index, entry.Term)] = content;
        }
        var flushed = ready.MessagesAfterFlush.All(message => message is RequestVote or RequestVoteResponse or AppendEntriesResponse);
        var immediate = ready.Messages.Any(message => message is RequestVote or RequestVoteResponse or AppendEntriesResponse);
        Assert.True(flushed && !immediate, "R26: a message leaves before what it asserts is durable.");
    }

    private void OnApplied(TestNode node, Entry entry)
    {
        // State Machine Safety: nobody applies another entry at an index.
        var position = (int)entry.Index.Value - 1;
        Assert.True(position <= _applied.Count, "An entry was skipped.");
        if (position < _applied.Count)
        {
            Assert.Equal(_applied[position].Term, entry.Term);
            Assert.Equal(TestCluster.Text(_applied[position]), TestCluster.Text(entry));
            return;
        }
        _applied.Add(entry);
        Counts.Applied++;
    }

    private void OnSnapshotInstalled(TestNode node, SnapshotMetadata snapshot)
    {
        // State Machine Safety again: what a snapshot brings is what everybody applied.
        Counts.Installations++;
        Assert.Equal((int)snapshot.Index.Value, node.Disk.Applied.Count);
        Assert.Equal(
            _applied.Take(node.Disk.Applied.Count).Select(entry => (entry.Index, entry.Term)),
            node.Disk.Applied.Select(entry => (entry.Index, entry.Term)));
    }

    private void OnReadAnswered(TestNode node, ReadState state)
    {
        Assert.True(_reads.Remove((node.Id, state.RequestId), out var committed), "A read was answered that was not asked, or twice.");
        Assert.True(state.Index >= committed, $"R18: a read was answered at {state.Index}, asked when {committed} was committed.");
        Counts.ReadsAnswered++;
    }

    private void CheckNode(TestNode node)
    {
        var raft = node.Node;
        _committed = LogIndex.Max(_committed, raft.Commit);
        if (raft.Role is Role.PreCandidate or Role.Candidate)
        {
            CheckCandidate(raft);
        }
        if (raft.Role != Role.Leader)
        {
            return;
        }
        // Election Safety: one leader per term.
        if (_leaders.TryAdd(raft.Term, raft.Id))
        {
            Counts.Elections++;
            CheckLeaderCompleteness(raft);
        }
        Assert.Equal(_leaders[raft.Term], raft.Id);
        foreach (var peer in raft.Peers)
        {
            Assert.True(peer.Next > peer.Match, "R43: next is not beyond match.");
            Assert.True(peer.InflightAppends <= raft.Options.MaximumInflightAppends, "Too many appends are unanswered.");
            Assert.True(peer.InflightBytes <= raft.Options.MaximumInflightBytes, "Too many bytes are unanswered.");
        }
    }

    private void CheckCandidate(RaftNode raft)
    {
        for (var index = raft.Applied.Next; index <= raft.Commit; index = index.Next)
        {
            var isConfiguration = raft.Log.TryTermAt(index, out var term) &&
                _contents[(index, term)].StartsWith(nameof(EntryKind.Configuration), StringComparison.Ordinal);
            Assert.False(isConfiguration, $"R14: {raft.Id} stands for election, and has not applied the configuration at {index}.");
        }
    }

    // Leader Completeness: whatever was applied anywhere is in the log of every later leader.
    private void CheckLeaderCompleteness(RaftNode leader)
    {
        foreach (var entry in _applied)
        {
            var isCompacted = entry.Index < leader.FirstIndex.Previous;
            Assert.True(isCompacted || leader.Log.Matches(entry.Index, entry.Term), $"The leader of term {leader.Term} lacks committed entry {entry.Index}.");
        }
    }

    // Log Matching, second half: logs that agree at an index agree on everything before it.
    private void CheckLogMatching()
    {
        var nodes = _cluster.Nodes.Values.ToList();
        for (var i = 0; i < nodes.Count; i++)
        {
            for (var j = i + 1; j < nodes.Count; j++)
            {
                var agree = false;
                var first = LogIndex.Max(nodes[i].Disk.FirstIndex, nodes[j].Disk.FirstIndex);
                var last = LogIndex.Min(nodes[i].Disk.LastIndex, nodes[j].Disk.LastIndex);
                for (var index = last; index >= first; index = index.Previous)
                {
                    var same = TermAt(nodes[i], index) == TermAt(nodes[j], index);
                    Assert.True(same || !agree, $"Logs of {nodes[i].Id} and {nodes[j].Id} agree beyond {index}, but not there.");
                    agree |= same;
                }
            }
        }
    }

    private static Term TermAt(TestNode node, LogIndex index) => node.Disk.Entries[(int)(index - node.Disk.FirstIndex)].Term;

    // Once the faults stop the cluster agrees on a leader and commits again, everywhere.
    private void Converge()
    {
        _cluster.Heal();
        var mayStayDown = _changesMembers || Next(2) == 0 ? 0 : (_cluster[1].Node.Configuration.Voters.Length - 1) / 2;
        foreach (var node in _cluster.Nodes.Values)
        {
            // Whoever is up must do, if it is a quorum: also members whose terms or logs are behind (R32, R33).
            if (!node.IsUp && mayStayDown-- <= 0)
            {
                node.Restart();
            }
            node.HoldDisk = false;
            node.HoldApplied = false;
            if (node.IsUp)
            {
                node.Flush();
                node.ReportApplied();
            }
        }
        var proposed = LogIndex.Zero;
        for (var round = 0; round < 200; round++)
        {
            _cluster.Settle();
            var leader = _cluster.Leader;
            if (leader is not null && (proposed == LogIndex.Zero || !leader.Node.Log.Matches(proposed, leader.Node.Term)))
            {
                var result = leader.Propose(TestCluster.Bytes("marker"));
                proposed = result.Status == ProposeStatus.Accepted ? result.Index : proposed;
            }
            if (leader is not null && proposed > LogIndex.Zero && HasConverged(leader.Node, proposed))
            {
                return;
            }
            foreach (var node in _cluster.Nodes.Values)
            {
                node.Advance(TimeSpan.FromMilliseconds(50));
                _cluster.Settle();
            }
        }
        var states = _cluster.Nodes.Values.Select(node =>
            $"{node.Id} {node.Node.Role} term={node.Node.Term} commit={node.Node.Commit} last={node.Node.LastIndex} {node.Node.Configuration}");
        Assert.Fail($"The cluster did not recover after the faults stopped: {string.Join("; ", states)}.");
    }

    // Every change is complete, and every member there is has applied everything.
    private bool HasConverged(RaftNode leader, LogIndex proposed) =>
        !leader.Configuration.IsJoint && leader.ConfigurationIndex <= leader.Commit &&
        leader.Configuration.Members.All(member => !_cluster.Nodes[member].IsUp || _cluster.Nodes[member].Node.Applied >= proposed);
}
