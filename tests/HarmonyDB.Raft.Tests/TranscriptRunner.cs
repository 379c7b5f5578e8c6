using System.Globalization;
using System.Text;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

/// <summary>
/// Runs a script of commands against a cluster and tells what happens. The commands:
/// <code>
/// nodes 1 2 3|4             voters, and learners after the bar; every disk is empty
/// disk 1 term=3 log=1,1,2   before nodes: what a member's disk holds, as the term of each entry
/// option NAME=VALUE         before nodes: append-bytes, inflight, inflight-bytes, tail-bytes, uncommitted-bytes, uncommitted-entries,
///                           and with 1 for on: pre-vote, check-quorum, lease-reads
/// option 3 NAME=VALUE       likewise, for one member
/// timeout 1                 a member's time runs to its next deadline
/// elect 1                   a member's time runs to its next deadline and everything is delivered, untold: for what comes before the matter at hand
/// tick 1 50                 a member's time runs on by so many milliseconds; with all in place of the member, everybody's
/// deliver                   everything under way, until nothing is
/// deliver 1-&gt;2              what is under way on one link now, and nothing that follows from it
/// drop 1-&gt;2, duplicate 1-&gt;2 likewise; without a link, on all
/// isolate 1, cut 1 2, heal  what a member sends or is sent, or what two say to each other, is lost on delivery
/// propose 1 x, read 1 7     a command, a question for a read index
/// lease-read 1 7            a question for a read index at a known time
/// transfer 1 2, transfer 1  a leader is to hand over, to a member or to whom it likes
/// hold 1, flush 1, flush 1 2 a member's writes stay under way; then they complete, or only the first of them
/// snapshot-failed 1 2       a member's host reports that a snapshot did not get to another
/// join 4                    a member with an empty disk that knows of nobody
/// configure 1 1 2 3|4       another configuration; a slash and a note may follow
/// members 1                 the configuration that a member follows
/// compact 1 5               a member discards its log up to an index
/// hold-applied 1, report-applied 1 what is applied is reported to the node later; then it is
/// crash 1, restart 1        everything not flushed is lost
/// wipe 1, lose 1 5          while it is down a member loses its disk, or its log from an index on
/// holds 1, log 1, vote 1, status     what a member's disk holds; how all stand
/// </code>
/// </summary>
internal sealed class TranscriptRunner
{
    private readonly StringBuilder _output = new();
    private readonly Dictionary<MemberId, TestDisk> _disks = [];
    private readonly Dictionary<string, int> _options = [];
    private readonly Dictionary<(MemberId Member, string Name), int> _memberOptions = [];
    private readonly Dictionary<MemberId, (Term Term, MemberId Vote)> _voted = [];
    private readonly Dictionary<MemberId, Configuration> _configurations = [];
    private TestCluster? _cluster;

    private TestCluster Cluster => _cluster ?? throw new InvalidOperationException("The script begins without nodes.");

    public string Run(string command)
    {
        _output.Clear();
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Execute(words[0], words[1..]);
        return _output.Length == 0 ? "nothing happens\n" : _output.ToString();
    }

    private void Execute(string verb, string[] words)
    {
        switch (verb)
        {
            case "nodes":
                Create(string.Join(' ', words));
                break;
            case "disk":
                _disks[Member(words[0])] = Disk(words[1..]);
                Say($"{words[0]} has a log of terms {string.Join(' ', _disks[Member(words[0])].Entries.Select(entry => entry.Term))}");
                break;
            case "option":
                SetOption(words);
                break;
            case "deliver" when words.Length == 0:
                DeliverAll();
                break;
            case "deliver" or "drop" or "duplicate":
                Handle(verb, words);
                break;
            case "elect":
                Cluster.Nodes[Member(words[0])].AdvanceToDeadline();
                DeliverAll();
                _output.Clear();
                Say($"{words[0]} is {Cluster.Nodes[Member(words[0])].Node.Role} in term {Cluster.Nodes[Member(words[0])].Node.Term}");
                break;
            case "tick" when words[0] == "all":
                foreach (var node in Cluster.Nodes.Values)
                {
                    ExecuteOn(verb, node, words[1..]);
                }
                break;
            case "cut":
                Cluster.Cut(Member(words[0]), Member(words[1]));
                break;
            case "join":
                Watch(Cluster.Join(ulong.Parse(words[0], CultureInfo.InvariantCulture)));
                Say($"{words[0]} is here, with an empty disk");
                break;
            case "heal":
                Cluster.Heal();
                break;
            case "status":
                Status();
                break;
            default:
                ExecuteOn(verb, Cluster.Nodes[Member(words[0])], words[1..]);
                break;
        }
    }

    private void ExecuteOn(string verb, TestNode node, string[] words)
    {
        switch (verb)
        {
            case "timeout":
                node.AdvanceToDeadline();
                break;
            case "tick":
                node.Advance(TimeSpan.FromMilliseconds(int.Parse(words[0], CultureInfo.InvariantCulture)));
                break;
            case "isolate":
                Cluster.Isolate(node.Id.Value);
                break;
            case "propose":
                var result = node.Node.Propose(TestCluster.Bytes(words[0]));
                Say(result.Status == ProposeStatus.Accepted
                    ? $"{node.Id} appends {result.Index}/{result.Term}"
                    : $"{node.Id} answers {result.Status}, leader={result.Leader}");
                node.Pump();
                break;
            case "lease-read":
                Say($"{node.Id} answers {node.Node.ReadIndex(ulong.Parse(words[0], CultureInfo.InvariantCulture), node.Now)}");
                node.Pump();
                break;
            case "transfer":
                var transfer = words.Length > 0 ? node.Node.TransferLeadership(Member(words[0])) : node.Node.TransferLeadership();
                Say($"{node.Id} answers {transfer.Status}{(transfer.Target.IsNone ? string.Empty : $", to {transfer.Target}")}");
                node.Pump();
                break;
            case "read":
                Say($"{node.Id} answers {node.Node.ReadIndex(ulong.Parse(words[0], CultureInfo.InvariantCulture))}");
                node.Pump();
                break;
            case "configure":
                var change = node.Node.ProposeConfiguration(TestCluster.Bytes(string.Join(' ', words)));
                Say(change.Status == ProposeStatus.Accepted
                    ? $"{node.Id} appends {change.Index}/{change.Term}"
                    : $"{node.Id} answers {change.Status}, leader={change.Leader}");
                node.Pump();
                break;
            case "snapshot-failed":
                node.Node.SnapshotFailed(Member(words[0]));
                node.Pump();
                break;
            case "members":
                Say($"{node.Id} follows {node.Node.Configuration} of {node.Node.ConfigurationIndex}");
                break;
            default:
                ExecuteOnDisk(verb, node, words);
                break;
        }
    }

    /// <summary>What concerns the member's disk, and what it has of it after a crash.</summary>
    private void ExecuteOnDisk(string verb, TestNode node, string[] words)
    {
        switch (verb)
        {
            case "compact":
                node.Compact(new LogIndex(ulong.Parse(words[0], CultureInfo.InvariantCulture)));
                Say($"{node.Id} has a log from {node.Node.FirstIndex} to {node.Node.LastIndex}");
                node.Pump();
                break;
            case "hold-applied":
                node.HoldApplied = true;
                break;
            case "report-applied":
                node.HoldApplied = false;
                node.ReportApplied();
                Say($"{node.Id} has applied {node.Node.Applied}");
                break;
            case "hold":
                node.HoldDisk = true;
                break;
            case "flush":
                var writes = words.Length > 0 ? int.Parse(words[0], CultureInfo.InvariantCulture) : int.MaxValue;
                node.HoldDisk = words.Length > 0;
                Say(words.Length > 0 ? $"{node.Id} completes {words[0]} of its writes" : $"{node.Id} completes its writes");
                node.Flush(writes);
                break;
            case "crash":
                node.Crash();
                _voted[node.Id] = (node.Disk.HardState.Term, node.Disk.HardState.Vote);
                node.HoldDisk = false;
                break;
            case "restart":
                Restart(node);
                break;
            case "wipe":
                node.Wipe();
                Say($"{node.Id} has an empty disk");
                break;
            case "lose":
                node.Disk.TruncateFrom(new LogIndex(ulong.Parse(words[0], CultureInfo.InvariantCulture)));
                Say($"{node.Id} on disk: {Describe(node.Disk.Entries)}");
                break;
            case "holds":
                Say($"{node.Id} on disk: commit={node.Disk.HardState.Commit}, log from {node.Disk.FirstIndex} to {node.Disk.LastIndex}");
                break;
            case "log":
                Say($"{node.Id} on disk: {Describe(node.Disk.Entries)}");
                break;
            case "vote":
                Say($"{node.Id} on disk: term={node.Disk.HardState.Term} vote={node.Disk.HardState.Vote}");
                break;
            default:
                throw new InvalidOperationException($"There is no command {verb}.");
        }
    }

    private void Create(string members)
    {
        _cluster = new TestCluster(TextConfigurationCodec.Parse(members), Configure, _disks);
        foreach (var node in _cluster.Nodes.Values)
        {
            Watch(node);
        }
        Say($"{_cluster.Nodes.Count} members: {TextConfigurationCodec.Parse(members)}");
    }

    private void Watch(TestNode node)
    {
        _configurations[node.Id] = node.Node.Configuration;
        node.ReadyTaken += OnReady;
        node.EntryApplied += (applier, entry) => Say($"{applier.Id} applies {Describe(entry)}");
        node.ReadAnswered += (reader, state) => Say($"{reader.Id} may read {state.RequestId} when {state.Index} is applied");
        node.ReadFailed += (reader, requestId) => Say($"{reader.Id} fails read {requestId}");
    }

    // A disk that contradicts itself is refused, and the member stays down.
    private void Restart(TestNode node)
    {
        try
        {
            node.Restart();
            Follow(node);
        }
        catch (InvariantViolationException refusal)
        {
            Say($"{node.Id} does not start: {refusal.Message}");
        }
    }

    private void Follow(TestNode node)
    {
        if (!node.Node.Configuration.HasSameMembersAs(_configurations[node.Id]))
        {
            _configurations[node.Id] = node.Node.Configuration;
            Say($"{node.Id} follows {(node.Node.Configuration.IsEmpty ? "no configuration" : node.Node.Configuration)}");
        }
    }

    private void SetOption(string[] words)
    {
        var setting = words[^1].Split('=');
        var value = int.Parse(setting[1], CultureInfo.InvariantCulture);
        if (words.Length == 1)
        {
            _options[setting[0]] = value;
            Say($"{setting[0]} is {value}");
            return;
        }
        _memberOptions[(Member(words[0]), setting[0])] = value;
        Say($"{setting[0]} of {words[0]} is {value}");
    }

    private RaftOptions Configure(RaftOptions options)
    {
        int Value(string name, int otherwise) => _memberOptions.GetValueOrDefault((options.Id, name), _options.GetValueOrDefault(name, otherwise));
        return options with
        {
            MaximumAppendBytes = Value("append-bytes", options.MaximumAppendBytes),
            MaximumInflightAppends = Value("inflight", options.MaximumInflightAppends),
            MaximumInflightBytes = Value("inflight-bytes", (int)options.MaximumInflightBytes),
            MaximumTailBytes = Value("tail-bytes", (int)options.MaximumTailBytes),
            MaximumUncommittedBytes = Value("uncommitted-bytes", (int)options.MaximumUncommittedBytes),
            MaximumUncommittedEntries = Value("uncommitted-entries", options.MaximumUncommittedEntries),
            PreVote = Value("pre-vote", 0) == 1,
            CheckQuorum = Value("check-quorum", 0) == 1,
            LeaseReads = Value("lease-reads", 0) == 1,
        };
    }

    private static TestDisk Disk(string[] words)
    {
        var term = words.Single(word => word.StartsWith("term=", StringComparison.Ordinal))[5..];
        var log = words.Single(word => word.StartsWith("log=", StringComparison.Ordinal))[4..];
        return TestCluster.DiskWith(
            ulong.Parse(term, CultureInfo.InvariantCulture),
            [.. log.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(value => ulong.Parse(value, CultureInfo.InvariantCulture))]);
    }

    private void OnReady(TestNode node, Ready ready)
    {
        if (ready.RoleChanged)
        {
            var leader = node.Node.Leader.IsNone ? "no leader" : $"leader {node.Node.Leader}";
            Say($"{node.Id} is {node.Node.Role} in term {node.Node.Term}, {leader}");
        }
        Follow(node);
        if (ready.WasRemoved)
        {
            Say($"{node.Id} knows that it was removed");
        }
        if (ready.MustFlush)
        {
            var vote = node.Node.Vote.IsNone ? string.Empty : $" vote={node.Node.Vote}";
            var voted = (node.Node.Term, node.Node.Vote);
            var what = _voted.GetValueOrDefault(node.Id) == voted ? string.Empty : $" term={node.Node.Term}{vote}";
            _voted[node.Id] = voted;
            var snapshot = ready.Snapshot is null ? string.Empty : $" {Describe(ready.Snapshot)}";
            var entries = ready.Entries.Count > 0 ? $" {Describe(ready.Entries)}" : string.Empty;
            Say($"{node.Id} {(node.HoldDisk ? "starts to write" : "writes")}{snapshot}{what}{entries}");
        }
        foreach (var request in ready.SnapshotsToSend)
        {
            Say($"{node.Id} is to send {request.Peer} a snapshot of {request.MinimumIndex} or later");
        }
        foreach (var read in ready.LogReads)
        {
            Say($"{node.Id} reads back from {read.From} to {read.ToExclusive.Previous} {(read.Peer.IsNone ? "to apply" : $"for {read.Peer}")}");
        }
    }

    private void DeliverAll()
    {
        for (var count = 0; Cluster.Network.Count > 0; count++)
        {
            Assert.True(count < 1000, "The cluster does not come to rest.");
            var message = Cluster.Network[0];
            Cluster.Network.RemoveAt(0);
            Deliver(message);
        }
    }

    private void Handle(string verb, string[] words)
    {
        var link = words.Length > 0 ? words[0].Split("->") : null;
        var messages = Cluster.Take(message => link is null || (message.From == Member(link[0]) && message.To == Member(link[1])));
        foreach (var message in messages)
        {
            if (verb == "drop")
            {
                Say($"{Describe(message)} is lost");
                Cluster.Lose(message);
                continue;
            }
            Deliver(message);
            if (verb == "duplicate")
            {
                Deliver(message);
            }
        }
    }

    private void Deliver(RaftMessage message)
    {
        var up = Cluster.Nodes[message.To].IsUp;
        var at = _output.Length;
        var delivered = Cluster.Deliver(message);
        if (!delivered || !up)
        {
            Cluster.Lose(message);
        }
        _output.Insert(at, $"{Describe(message)}{(delivered && up ? string.Empty : " is lost")}\n");
    }

    private void Status()
    {
        foreach (var node in Cluster.Nodes.Values)
        {
            if (!node.IsUp)
            {
                Say($"{node.Id} is down");
                continue;
            }
            var raft = node.Node;
            Say($"{node.Id} {raft.Role} term={raft.Term} leader={raft.Leader} last={raft.LastIndex} commit={raft.Commit} applied={raft.Applied}");
            foreach (var peer in raft.Peers)
            {
                Say($"  {peer.Member} match={peer.Match} next={peer.Next} {Describe(peer.State)} inflight={peer.InflightAppends}");
            }
            foreach (var (reason, count) in raft.DroppedMessages.OrderBy(dropped => dropped.Key))
            {
                Say($"  dropped {count} {reason}");
            }
        }
    }

    private void Say(string line) => _output.Append(line).Append('\n');

    private static MemberId Member(string text) => new(ulong.Parse(text, CultureInfo.InvariantCulture));

    private static string Describe(ProgressState state) => state switch
    {
        ProgressState.Replicate => "replicating",
        ProgressState.Snapshot => "waiting for a snapshot",
        _ => "probing",
    };

    private static string Describe(IEnumerable<Entry> entries) => $"[{string.Join(", ", entries.Select(Describe))}]";

    private static string Describe(Entry entry) =>
        $"{entry.Index}/{entry.Term} {(entry.Kind == EntryKind.Command ? $"'{TestCluster.Text(entry)}'" : entry.Kind)}";

    private static string Describe(SnapshotMetadata snapshot) =>
        $"snapshot {snapshot.Index}/{snapshot.Term} with {snapshot.Configuration} of {snapshot.ConfigurationIndex}";

    private static string Describe(RaftMessage message)
    {
        var content = message switch
        {
            RequestPreVote vote =>
                $"RequestPreVote term={vote.Term} for={vote.CandidateTerm} last={vote.LastLogIndex}/{vote.LastLogTerm}",
            RequestPreVoteResponse vote =>
                $"RequestPreVoteResponse term={vote.Term} for={vote.CandidateTerm} {(vote.VoteGranted ? "granted" : "refused")}",
            RequestVote vote => $"RequestVote term={vote.Term} last={vote.LastLogIndex}/{vote.LastLogTerm}" +
                (vote.IsLeadershipTransfer ? " transfer" : string.Empty),
            TimeoutNow timeout => $"TimeoutNow term={timeout.Term}",
            RequestVoteResponse vote => $"RequestVoteResponse term={vote.Term} {(vote.VoteGranted ? "granted" : "refused")}",
            AppendEntries append =>
                $"AppendEntries term={append.Term} prev={append.PrevLogIndex}/{append.PrevLogTerm} {Describe(append.Entries)} commit={append.LeaderCommit}",
            AppendEntriesResponse { Success: true } response => $"AppendEntriesResponse term={response.Term} match={response.MatchIndex}",
            AppendEntriesResponse response => $"AppendEntriesResponse term={response.Term} refused={response.MatchIndex}, " +
                $"may agree at {response.ConflictIndex}/{response.ConflictTerm}",
            Heartbeat heartbeat => $"Heartbeat term={heartbeat.Term} commit={heartbeat.LeaderCommit} round={heartbeat.Round}",
            HeartbeatResponse heartbeat => $"HeartbeatResponse term={heartbeat.Term} round={heartbeat.Round}",
            ReadIndexRequest read => $"ReadIndexRequest term={read.Term}",
            ReadIndexResponse read => $"ReadIndexResponse term={read.Term} {(read.Rejected ? "rejected" : $"index={read.Index}")}",
            InstallSnapshot install => $"InstallSnapshot term={install.Term} {Describe(install.Snapshot)}",
            MemberRemoved removed => $"MemberRemoved configuration={removed.ConfigurationIndex}",
            _ => throw new InvalidOperationException($"Unknown message {message}."),
        };
        return $"{message.From}->{message.To} {content}";
    }
}
