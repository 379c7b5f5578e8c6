using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

/// <summary>
/// Leases under clocks that run fast and slow, pauses, restarts, partitions and transfers: a read by lease must be as fresh as one by a quorum.
/// True time is known here and nowhere else; each member sees only its own clock, and that only when it ticks.
/// </summary>
public sealed class LeaseReadTests
{
    [Theory]
    [InlineData(0.05)]
    [InlineData(0.5)]
    public void R22_ClocksWithinTheBound_NoReadIsStale(double drift)
    {
        var total = new Run(0, drift, drift);
        for (var seed = 1UL; seed <= 60; seed++)
        {
            var run = new Run(seed, drift, drift);
            run.Execute();
            Assert.True(run.StaleReads == 0, $"Seed {seed}: {run.StaleReads} reads by lease missed what was committed before.");
            total.Add(run);
        }
        Assert.True(total.LeaseReads > 5_000, $"Only {total.LeaseReads} reads by lease.");
        Assert.True(total.Elections > 120, $"Only {total.Elections} elections.");
        Assert.True(total.Transfers > 60, $"Only {total.Transfers} transfers.");
        Assert.True(total.Restarts > 60, $"Only {total.Restarts} restarts.");
    }

    /// <summary>The check can fail: clocks that drift by half, in a cluster that believes they do not, make reads stale.</summary>
    [Fact]
    public void R22_ClocksBeyondTheBound_SomeReadIsStale()
    {
        var stale = 0;
        for (var seed = 1UL; seed <= 60 && stale == 0; seed++)
        {
            var run = new Run(seed, 0.5, 0);
            run.Execute();
            stale += run.StaleReads;
        }
        Assert.True(stale > 0, "Nothing was stale, so this test would not notice it.");
    }

    [Fact]
    public void R22_LeaderWakesAfterItsLease_AsksAQuorum()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        var answers = 0;
        leader.ReadAnswered += (_, _) => answers++;
        cluster.Run(TimeSpan.FromMilliseconds(100));
        leader.ReadIndex(7, leader.Now);
        Assert.Equal(1, answers);

        // The process stood still; its clock did not. It is asked before anything else happens.
        leader.ReadIndex(8, leader.Now + TimeSpan.FromMilliseconds(300));
        Assert.Equal(1, answers);
        cluster.Settle();
        Assert.Equal(2, answers);
    }

    [Fact]
    public void R22_ReadWithoutAKnownTime_NeverUsesTheLease()
    {
        var cluster = Cluster();
        var leader = cluster.Elect(1);
        cluster.Run(TimeSpan.FromMilliseconds(100));
        leader.ReadAnswered += (_, _) => Assert.Fail("The time is known only as of the last tick.");

        leader.ReadIndex(7);
    }

    [Fact]
    public void R22_VotersPromise_CountsFromTheTickAfterTheHeartbeat()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        var voter = cluster[2];
        voter.Advance(TimeSpan.Zero);
        cluster.Deliver(new Heartbeat(new MemberId(1), new MemberId(2), new Term(1), LogIndex.Zero, 1));
        cluster.Take();

        // The heartbeat may have come a moment before this tick, whatever the last one before it said.
        voter.Advance(TimeSpan.FromMilliseconds(240));
        voter.Advance(TimeSpan.FromMilliseconds(249));
        cluster.Deliver(new RequestVote(new MemberId(3), new MemberId(2), new Term(2), new LogIndex(9), new Term(1)));
        Assert.Equal(new Term(1), voter.Node.Term);

        voter.Advance(TimeSpan.FromMilliseconds(1));
        cluster.Deliver(new RequestVote(new MemberId(3), new MemberId(2), new Term(2), new LogIndex(9), new Term(1)));
        Assert.Equal(new Term(2), voter.Node.Term);
    }

    [Fact]
    public void R22_VoterThatWakesUp_DoesNotStandWhileItOwesPatience()
    {
        var cluster = Cluster();
        cluster.Elect(1);
        var voter = cluster[2];
        voter.Advance(TimeSpan.Zero);
        cluster.Deliver(new Heartbeat(new MemberId(1), new MemberId(2), new Term(1), LogIndex.Zero, 1));

        // Its deadline is past, but the heartbeat may have come just now: its own vote would break the promise as much as one for another.
        voter.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Role.Follower, voter.Node.Role);

        voter.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(Role.PreCandidate, voter.Node.Role);
    }

    [Fact]
    public void R17_LeaseWithoutACommitInItsTerm_AnswersNothing()
    {
        var cluster = Cluster();
        var leader = cluster[1];
        leader.AdvanceToDeadline();
        cluster.Settle(message => message is AppendEntriesResponse);
        leader.Advance(TimeSpan.FromMilliseconds(50));
        cluster.Settle(message => message is AppendEntriesResponse);
        Assert.Equal(Role.Leader, leader.Node.Role);
        leader.ReadAnswered += (_, _) => Assert.Fail("What its predecessors committed is not known yet.");

        leader.ReadIndex(7, leader.Now);
        cluster.Settle(message => message is AppendEntriesResponse);
    }

    [Fact]
    public void R23_LeaseWithoutCheckQuorum_IsRefused()
    {
        var options = new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new TextConfigurationCodec(), LeaseReads = true, CheckQuorum = false };

        Assert.Throws<ArgumentException>(options.Validate);
    }

    [Theory]
    [InlineData(-0.1)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void DriftBound_Impossible_IsRefused(double bound)
    {
        var options = new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new TextConfigurationCodec(), ClockDriftBound = bound };

        Assert.Throws<ArgumentException>(options.Validate);
    }

    [Theory]
    [InlineData(0, 250)]
    [InlineData(0.05, 226.19)]
    [InlineData(0.5, 83.33)]
    public void LeaseDuration_IsTheMinimumElectionTimeoutLessTwiceTheDrift(double drift, double milliseconds)
    {
        var options = new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new TextConfigurationCodec(), ClockDriftBound = drift };

        Assert.Equal(milliseconds, options.LeaseDuration.TotalMilliseconds, 2);
    }

    private static TestCluster Cluster()
    {
        var cluster = new TestCluster(3, options => options with { PreVote = true, CheckQuorum = true, LeaseReads = true });
        cluster.Run(TimeSpan.FromMilliseconds(250));
        return cluster;
    }

    private sealed class Run
    {
        private const int Milliseconds = 8_000;
        private readonly SeededRandomSource _random;
        private readonly TestCluster _cluster;
        private readonly List<(int At, RaftMessage Message)> _underWay = [];
        private readonly Dictionary<MemberId, double> _rates = [];
        private readonly Dictionary<MemberId, int> _pausedUntil = [];
        private readonly Dictionary<MemberId, (int From, int Until)> _muted = [];
        private readonly Dictionary<MemberId, int> _nextTick = [];
        private readonly HashSet<Term> _terms = [];
        private LogIndex _committed;
        private LogIndex _answered;
        private int _healAt;
        private ulong _requests;

        public Run(ulong seed, double drift, double believedDrift)
        {
            _random = new SeededRandomSource(seed);
            _cluster = new TestCluster(
                3, options => options with { PreVote = seed % 2 == 0, CheckQuorum = true, LeaseReads = true, ClockDriftBound = believedDrift });
            foreach (var node in _cluster.Nodes.Values)
            {
                // Either extreme, or anything between.
                _rates[node.Id] = 1 + (drift * (Next(3) switch { 0 => -1, 1 => 1, _ => (Next(2001) - 1000) / 1000.0 }));
                _pausedUntil[node.Id] = 0;
                _muted[node.Id] = (0, 0);
                _nextTick[node.Id] = 0;
                node.ReadAnswered += (_, state) => _answered = state.Index;
            }
        }

        public int LeaseReads { get; private set; }

        public int StaleReads { get; private set; }

        public int Elections { get; private set; }

        public int Transfers { get; private set; }

        public int Restarts { get; private set; }

        public void Add(Run other)
        {
            LeaseReads += other.LeaseReads;
            Elections += other.Elections;
            Transfers += other.Transfers;
            Restarts += other.Restarts;
        }

        public void Execute()
        {
            for (var now = 0; now < Milliseconds; now++)
            {
                Disturb(now);
                Deliver(now);
                foreach (var node in _cluster.Nodes.Values.Where(node => now >= _pausedUntil[node.Id]))
                {
                    Act(node, now);
                }
                foreach (var message in _cluster.Take())
                {
                    Send(message, now);
                }
            }
        }

        // Who is muted still hears the others, late: what confirms its leadership says how things stood a while ago.
        private void Send(RaftMessage message, int now)
        {
            var (from, until) = _muted[message.From];
            if (now < from || now >= until)
            {
                var (slowFrom, slowUntil) = _muted[message.To];
                var isSlow = Next(50) == 0 || (now >= slowFrom - 60 && now < slowUntil);
                _underWay.Add((now + 1 + Next(isSlow ? 300 : 5), message));
            }
        }

        private int Next(int bound) => (int)(_random.NextUInt64() % (ulong)bound);

        private TimeSpan Clock(TestNode node, int now) => TimeSpan.FromMilliseconds(now) * _rates[node.Id];

        private void Disturb(int now)
        {
            if (now == _healAt)
            {
                _cluster.Heal();
            }
            var victim = _cluster.Leader ?? _cluster[1];
            switch (Next(2500))
            {
                case < 4:
                    _cluster.Isolate(victim.Id.Value);
                    _healAt = now + 300 + Next(700);
                    break;
                case < 6:
                    _pausedUntil[victim.Id] = now + Next(600);
                    break;
                case < 8:
                    _muted[victim.Id] = (now + 60, now + 360 + Next(700));
                    break;
                case < 11:
                    Restart(_cluster.Nodes.Values.ElementAt(Next(3)), now);
                    break;
                case < 14:
                    Transfers += victim.TransferLeadership().Status == TransferStatus.Started ? 1 : 0;
                    break;
            }
        }

        private void Restart(TestNode node, int now)
        {
            node.Crash();
            node.Advance(Clock(node, now) - node.Now);
            node.Restart();
            Restarts++;
        }

        private void Deliver(int now)
        {
            for (var i = 0; i < _underWay.Count; i++)
            {
                var (at, message) = _underWay[i];
                if (at <= now && now >= _pausedUntil[message.To])
                {
                    _underWay.RemoveAt(i--);
                    _cluster.Deliver(message);
                    Observe();
                }
            }
        }

        private void Act(TestNode node, int now)
        {
            if (now >= _nextTick[node.Id])
            {
                _nextTick[node.Id] = now + 1 + Next(15);
                node.Advance(Clock(node, now) - node.Now);
            }
            if (node.Node.Role == Role.Leader)
            {
                if (Next(20) == 0)
                {
                    node.Propose([1]);
                }
                if (Next(5) == 0)
                {
                    Read(node, now);
                }
            }
            Observe();
        }

        // Answered on the spot: then it was by lease, and must reach whatever was committed anywhere by now.
        private void Read(TestNode node, int now)
        {
            _answered = LogIndex.Zero;
            node.ReadIndex(++_requests, Clock(node, now));
            if (_answered > LogIndex.Zero)
            {
                LeaseReads++;
                StaleReads += _answered < _committed ? 1 : 0;
            }
        }

        private void Observe()
        {
            foreach (var node in _cluster.Nodes.Values)
            {
                _committed = LogIndex.Max(_committed, node.Node.Commit);
                Elections += node.Node.Role == Role.Leader && _terms.Add(node.Node.Term) ? 1 : 0;
            }
        }
    }
}
