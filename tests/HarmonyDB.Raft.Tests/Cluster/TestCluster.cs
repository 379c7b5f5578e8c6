using System.Text;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>
/// Members and the messages between them, delivered only when a test says so. Unless it asks for more they do what the Raft paper says and nothing
/// beyond: no pre-vote and no check-quorum, so that one member's timeout is all that an election takes.
/// </summary>
internal sealed class TestCluster
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);
    private readonly HashSet<MemberId> _isolated = [];
    private readonly Dictionary<(LogIndex, Term), IReadOnlyList<Entry>> _states = [];
    private readonly Func<RaftOptions, RaftOptions>? _configure;
    private readonly HashSet<(MemberId, MemberId)> _cut = [];

    public TestCluster(int voters, Func<RaftOptions, RaftOptions>? configure = null)
        : this(new Configuration(Enumerable.Range(1, voters).Select(id => new MemberId((ulong)id)), [], []), configure)
    {
    }

    public TestCluster(Configuration configuration, Func<RaftOptions, RaftOptions>? configure = null, IReadOnlyDictionary<MemberId, TestDisk>? disks = null)
    {
        _configure = configure;
        foreach (var member in configuration.Members)
        {
            Add(member, configuration, disks?.GetValueOrDefault(member));
        }
    }

    public SortedDictionary<MemberId, TestNode> Nodes { get; } = [];

    public List<RaftMessage> Network { get; } = [];

    public TestNode this[ulong id] => Nodes[new MemberId(id)];

    public void Isolate(ulong id) => _isolated.Add(new MemberId(id));

    /// <summary>What two members say to each other is lost.</summary>
    public void Cut(MemberId one, MemberId other)
    {
        _cut.Add((one, other));
        _cut.Add((other, one));
    }

    public void Crash(MemberId member) => Nodes[member].Crash();

    public void Heal()
    {
        _isolated.Clear();
        _cut.Clear();
    }

    /// <summary>Takes the messages now under way that match.</summary>
    public List<RaftMessage> Take(Func<RaftMessage, bool>? which = null)
    {
        var taken = Network.Where(message => which?.Invoke(message) ?? true).ToList();
        Network.RemoveAll(message => which?.Invoke(message) ?? true);
        return taken;
    }

    public bool Deliver(RaftMessage message)
    {
        if (!Nodes[message.To].IsUp || _isolated.Contains(message.From) || _isolated.Contains(message.To) || _cut.Contains((message.From, message.To)))
        {
            return false;
        }
        Nodes[message.To].Step(message);
        if (message is InstallSnapshot install && Nodes[message.From] is { IsUp: true } sender)
        {
            // The receiver's host tells the sender's that it has all of it.
            sender.Node.SnapshotSent(message.To, install.Snapshot.Index);
            sender.Pump();
        }
        return true;
    }

    /// <summary>A snapshot did not get through, and the sender's host notices.</summary>
    public void Lose(RaftMessage message)
    {
        if (message is InstallSnapshot && Nodes[message.From] is { IsUp: true } sender)
        {
            sender.Node.SnapshotFailed(message.To);
            sender.Pump();
        }
    }

    /// <summary>Starts a member that knows of nobody, as one does that is about to be added.</summary>
    public TestNode Join(ulong id) => Add(new MemberId(id), Configuration.Empty, null);

    /// <summary>Delivers everything in order until nothing is under way.</summary>
    public void Settle(Func<RaftMessage, bool>? lost = null)
    {
        for (var rounds = 0; Network.Count > 0; rounds++)
        {
            Assert.True(rounds < 10_000, "The cluster does not come to rest.");
            var message = Network[0];
            Network.RemoveAt(0);
            if (!(lost?.Invoke(message) ?? false) && Deliver(message))
            {
                continue;
            }
            Lose(message);
        }
    }

    /// <summary>Lets everybody's time pass alike, a little at a time, and delivers what is under way each time.</summary>
    /// <returns>Whether the condition came true; without one, true.</returns>
    public bool Run(TimeSpan time, Func<bool>? until = null)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Step)
        {
            foreach (var node in Nodes.Values)
            {
                node.Advance(Step);
            }
            Settle();
            if (until?.Invoke() ?? false)
            {
                return true;
            }
        }
        return until is null;
    }

    /// <summary>The leader of the highest term, if there is one.</summary>
    public TestNode? Leader => Nodes.Values.Where(node => node.IsUp && node.Node.Role == Role.Leader).MaxBy(node => node.Node.Term);

    /// <summary>Lets a member stand for election and win it.</summary>
    public TestNode Elect(ulong id)
    {
        var node = this[id];
        node.AdvanceToDeadline();
        Settle();
        Assert.Equal(Role.Leader, node.Node.Role);
        return node;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(Entry entry) => Encoding.UTF8.GetString(entry.Payload.Span);

    /// <summary>A disk with entries of these terms, from index 1.</summary>
    public static TestDisk DiskWith(ulong term, params ulong[] terms)
    {
        var disk = new TestDisk { HardState = new HardState(new Term(term), MemberId.None, LogIndex.Zero) };
        for (var i = 0; i < terms.Length; i++)
        {
            disk.Entries.Add(new Entry(new LogIndex((ulong)i + 1), new Term(terms[i]), EntryKind.Command, Bytes($"{i + 1}/{terms[i]}")));
        }
        return disk;
    }

    private TestNode Add(MemberId member, Configuration configuration, TestDisk? disk)
    {
        var options = new RaftOptions { Id = member, ConfigurationCodec = new TextConfigurationCodec(), PreVote = false, CheckQuorum = false };
        var node = new TestNode(_configure?.Invoke(options) ?? options, configuration, Network.Add, _states, disk);
        Nodes[member] = node;
        return node;
    }
}
