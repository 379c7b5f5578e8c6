using System.Globalization;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

/// <summary>
/// Clusters under random faults: messages lost, doubled and reordered, slow disks, crashes that lose what was not flushed. After every step the
/// properties of figure 3 of the Raft paper must hold, and reads must be linearizable. A failing seed is printed and replays exactly.
/// </summary>
public sealed class RandomClusterTests
{
    private const int Seeds = 200;
    private const int StepsPerSeed = 3000;

    [Fact]
    public void Cluster_RandomFaults_KeepsEveryPromise()
    {
        var total = new Counts();
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var run = new Run(seed);
            try
            {
                run.Execute(StepsPerSeed);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"Seed {seed}, step {run.Step}: {exception.Message}", exception);
            }
            total.Add(run.Counts);
        }
        // A run in which nothing happened proves nothing.
        Assert.True(total.Partitions > Seeds, $"Only {total.Partitions} partitions.");
        Assert.True(total.Transfers > Seeds, $"Only {total.Transfers} transfers.");
        Assert.True(total.Elections > Seeds * 3, $"Only {total.Elections} elections.");
        Assert.True(total.Applied > Seeds * 50, $"Only {total.Applied} entries applied.");
        Assert.True(total.Crashes > Seeds * 3, $"Only {total.Crashes} crashes.");
        Assert.True(total.Overwritten > Seeds / 10, $"Only {total.Overwritten} overwritten suffixes.");
        Assert.True(total.ReadsAnswered > Seeds * 5, $"Only {total.ReadsAnswered} reads answered.");
        Assert.True(total.LogReads > Seeds, $"Only {total.LogReads} reads of the log.");
    }

    [Fact]
    public void Cluster_SameSeedTwice_DoesTheSame()
    {
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var first = new Run(seed);
            first.Execute(StepsPerSeed);
            var second = new Run(seed);
            second.Execute(StepsPerSeed);
            Assert.Equal(first.Trace, second.Trace);
        }
    }

    private sealed class Counts
    {
        public long Elections;
        public long Applied;
        public long Crashes;
        public long Partitions;
        public long Transfers;
        public long Overwritten;
        public long ReadsAnswered;
        public long LogReads;

        public void Add(Counts other)
        {
            Elections += other.Elections;
            Applied += other.Applied;
            Crashes += other.Crashes;
            Partitions += other.Partitions;
            Transfers += other.Transfers;
            Overwritten += other.Overwritten;
            ReadsAnswered += other.ReadsAnswered;
            LogReads += other.LogReads;
        }
    }

    private sealed class Run
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
        private LogIndex _committed;
        private ulong _proposals;
        private ulong _requests;

        public Run(ulong seed)
        {
            _random = new SeededRandomSource(seed);
            var voters = 1 + (2 * Next(3));
            // Each fault is on in some seeds only, so that none hides what another would show.
            _loss = Next(3) == 0 ? 0 : Next(30);
            _doubling = Next(2) == 0 ? 0 : Next(30);
            _slowDisks = Next(2) == 0;
            _crashRate = Next(3) == 0 ? 0 : 1 + Next(3);
            _partitionRate = Next(2) == 0 ? 0 : 1 + Next(3);
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
                PreVote = preVote == 2 || (preVote == 1 && options.Id.Value % 2 == 0),
                CheckQuorum = checkQuorum,
            });
            foreach (var node in _cluster.Nodes.Values)
            {
                node.HoldDisk = _slowDisks;
                node.HoldApplied = _slowDisks;
                node.ReadyTaken += OnReady;
                node.EntryApplied += OnApplied;
                node.ReadAnswered += OnReadAnswered;
                node.ReadFailed += (failed, requestId) => Assert.True(_reads.Remove((failed.Id, requestId)), "A read failed that was not asked.");
            }
        }

        public Counts Counts { get; } = new();

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
                case < 92 when node.IsUp:
                    Propose(node);
                    break;
                case < 97 when node.IsUp:
                    Read(node);
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
            if (Next(100) >= _loss)
            {
                _cluster.Deliver(message);
            }
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
            var kept = Next(node.Disk.Applied.Count + 1);
            node.Disk.Applied.RemoveRange(kept, node.Disk.Applied.Count - kept);
        }

        private void OnReady(TestNode node, Ready ready)
        {
            Counts.LogReads += ready.LogReads.Count;
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

        // Leader Completeness: whatever was applied anywhere is in the log of every later leader.
        private void CheckLeaderCompleteness(RaftNode leader)
        {
            foreach (var entry in _applied)
            {
                Assert.True(leader.Log.Matches(entry.Index, entry.Term), $"The leader of term {leader.Term} lacks committed entry {entry.Index}.");
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
            foreach (var node in _cluster.Nodes.Values)
            {
                if (!node.IsUp)
                {
                    node.Restart();
                }
                node.HoldDisk = false;
                node.HoldApplied = false;
                node.Flush();
                node.ReportApplied();
            }
            var marker = TestCluster.Bytes("marker");
            var proposed = LogIndex.Zero;
            for (var round = 0; round < 200; round++)
            {
                _cluster.Settle();
                var leader = _cluster.Nodes.Values.Where(node => node.Node.Role == Role.Leader).MaxBy(node => node.Node.Term);
                if (leader is not null && (proposed == LogIndex.Zero || !leader.Node.Log.Matches(proposed, leader.Node.Term)))
                {
                    var result = leader.Propose(marker);
                    proposed = result.Status == ProposeStatus.Accepted ? result.Index : proposed;
                }
                if (proposed > LogIndex.Zero && _cluster.Nodes.Values.All(node => node.Node.Applied >= proposed))
                {
                    return;
                }
                foreach (var node in _cluster.Nodes.Values)
                {
                    node.Advance(TimeSpan.FromMilliseconds(50));
                    _cluster.Settle();
                }
            }
            Assert.Fail("The cluster did not recover after the faults stopped.");
        }
    }
}
