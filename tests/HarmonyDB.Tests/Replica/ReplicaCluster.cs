using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;

namespace HarmonyDB.Tests.Replication;

/// <summary>Replicas that exchange messages in one thread: every effect is carried out at once, and what is appended is durable at once.</summary>
internal sealed class ReplicaCluster
{
    private readonly Dictionary<string, Node> _nodes = [];
    private readonly Queue<(string From, string To, IPeerMessage Message)> _network = new();
    private readonly Func<RaftOptions, RaftOptions> _configure;
    private TimeSpan _now;
    private ulong _lastChange;

    public ReplicaCluster(params string[] names)
        : this(options => options, names)
    {
    }

    public ReplicaCluster(Func<RaftOptions, RaftOptions> configure, params string[] names)
    {
        _configure = configure;
        NodeIdentity[] members = [.. names.Select(n => new NodeIdentity(n, Address(n), [], default, 0, 0))];
        foreach (string name in names)
        {
            Add(name, members);
        }
    }

    /// <summary>Names of nodes that are switched off: what is sent to them is lost.</summary>
    public HashSet<string> Down { get; } = [];

    /// <summary>Says of a message, by who sends it and to whom, whether it is lost on its way.</summary>
    public Func<string, string, IPeerMessage, bool> Loses { get; set; } = (_, _, _) => false;

    public TimeSpan Now => _now;

    public Node this[string name] => _nodes[name];

    public static string Address(string name) => $"{name}:4053";

    public void Add(string name, IReadOnlyList<NodeIdentity> members) =>
        _nodes[name] = new Node(new NodeIdentity(name, Address(name), [], new Guid(_nodes.Count + 100, 0, 0, new byte[8]), 0, 0), members, _configure, _now);

    /// <summary>The same folder lost its data: a new birth id.</summary>
    public void Wipe(string name, int birth) => _nodes[name] = new Node(
        new NodeIdentity(name, Address(name), [], new Guid(birth, 0, 0, new byte[8]), 0, 0), _nodes[name].Members, _configure, _now);

    /// <summary>The files of a node were damaged and set aside: a new birth id, and it asks for the place of the member that it was.</summary>
    public void Damage(string name, int birth)
    {
        NodeIdentity lost = _nodes[name].Replica.View.Identity;
        _nodes[name] = new Node(
            new NodeIdentity(name, Address(name), [], new Guid(birth, 0, 0, new byte[8]), 0, 0) { Replaces = (lost.ClusterId, lost.MemberId) },
            _nodes[name].Members, _configure, _now);
    }

    /// <summary>Adds a blank node that joins; the list it has names the members of the beginning and itself.</summary>
    public void Join(string name)
    {
        NodeIdentity[] members = [.. _nodes.Values.First().Members, new NodeIdentity(name, Address(name), [], default, 0, 0)];
        _nodes[name] = new Node(new NodeIdentity(name, Address(name), [], new Guid(_nodes.Count + 100, 0, 0, new byte[8]), 0, 0), members, _configure, _now, joins: true);
    }

    /// <summary>The node that leads and that a majority of those that run follows.</summary>
    public Node Leader => _nodes.Values.First(n => !Down.Contains(n.Name) && n.Replica.View.IsLeader
        && _nodes.Values.Count(o => !Down.Contains(o.Name) && o.Replica.View.Leader.Value == n.Replica.View.Identity.MemberId) > 1);

    /// <summary>Asks the leader to change the members, and gives its answer.</summary>
    public AnswerChangeEffect Change(MemberChange change) => Ask(leader => leader.ProposeChange(++_lastChange, change));

    /// <summary>Asks the leader to hand over, and gives its answer.</summary>
    public AnswerChangeEffect Transfer(MemberId target) => Ask(leader => leader.TransferLeadership(++_lastChange, target));

    /// <summary>Puts this many commands in the log, and lets them be applied.</summary>
    public void Write(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Node leader = Leader;
            leader.Replica.Propose((ulong)i, new byte[] { 1 });
            CarryOut(leader);
        }

        Run(TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Deletes what every node that runs has applied from its log.</summary>
    public void TruncateLogs()
    {
        foreach (Node node in _nodes.Values.Where(n => !Down.Contains(n.Name)))
        {
            node.Replica.StoreCheckpointed(node.Replica.View.Applied);
            CarryOut(node);
        }
    }

    private AnswerChangeEffect Ask(Action<Replica> ask)
    {
        Node leader = Leader;
        leader.Told.RemoveAll(e => e is AnswerChangeEffect);
        ask(leader.Replica);
        CarryOut(leader);
        Run(TimeSpan.FromSeconds(1));
        return leader.Told.OfType<AnswerChangeEffect>().Single();
    }

    public void Run(TimeSpan time)
    {
        for (TimeSpan end = _now + time; _now < end; _now += TimeSpan.FromMilliseconds(10))
        {
            foreach ((string name, Node node) in _nodes.Where(n => !Down.Contains(n.Key)))
            {
                node.Replica.Tick(_now);
                CarryOut(node);
            }

            while (_network.TryDequeue(out (string From, string To, IPeerMessage Message) sent))
            {
                if (_nodes.TryGetValue(sent.To[..sent.To.IndexOf(':')], out Node? node) && !Down.Contains(node.Name))
                {
                    node.Replica.Receive(sent.Message, sent.From);
                    CarryOut(node);
                }
            }
        }
    }

    public void CarryOut(Node node)
    {
        for (IReadOnlyList<ReplicaEffect> effects = node.Replica.TakeEffects(); effects.Count > 0; effects = node.Replica.TakeEffects())
        {
            foreach (ReplicaEffect effect in effects)
            {
                CarryOut(node, effect);
            }
        }
    }

    private void CarryOut(Node node, ReplicaEffect effect)
    {
        switch (effect)
        {
            case SendEffect send:
                if (!Loses(node.Name, send.Address[..send.Address.IndexOf(':')], send.Message))
                {
                    _network.Enqueue((Address(node.Name), send.Address, send.Message));
                }

                break;
            case AppendEffect append:
                foreach (Entry entry in append.Entries)
                {
                    node.Log.RemoveAll(e => e.Index >= entry.Index);
                    node.Log.Add(entry);
                }

                node.Replica.Appended(append.Number);
                break;
            case SaveIdentityEffect save:
                node.IsRemoved |= save.IsRemoved;
                node.Replica.IdentitySaved(save.Identity);
                break;
            case ReadLogEffect read:
                node.Replica.LogRangeRead(read.Request, node.Log.FindAll(e => e.Index >= read.Request.From && e.Index < read.Request.ToExclusive));
                break;
            case ApplyEffect apply:
                node.Applied.AddRange(apply.Entries);
                node.Replica.Applied([.. apply.Entries.Select(e => new AppliedEntry(e.Index, e.Term, []))]);
                break;
            default:
                if (!node.Snapshots.CarryOut(node, effect))
                {
                    node.Told.Add(effect);
                }

                break;
        }
    }

    internal sealed class Node
    {
        public Node(NodeIdentity identity, IReadOnlyList<NodeIdentity> members, Func<RaftOptions, RaftOptions> configure, TimeSpan now, bool joins = false)
        {
            Name = identity.Name;
            Members = members;
            var options = new ReplicaOptions(
                members, TimeSpan.FromMilliseconds(100), id => configure(new RaftOptions { Id = id, ConfigurationCodec = new ClusterConfigurationCodec() }))
            {
                Joins = joins,
            };
            Replica = new Replica(
                options, new ReplicaRestore(identity, null, default, default, new LogIndex(1), default, [], default),
                new SeededRandomSource((ulong)identity.Name.Sum(c => c)), now);
        }

        public string Name { get; }

        public IReadOnlyList<NodeIdentity> Members { get; }

        public Replica Replica { get; }

        public List<Entry> Log { get; } = [];

        /// <summary>Whether its folder says that it was removed.</summary>
        public bool IsRemoved { get; set; }

        public SnapshotHost Snapshots { get; } = new();

        public List<Entry> Applied { get; } = [];

        /// <summary>Effects for clients and operators.</summary>
        public List<ReplicaEffect> Told { get; } = [];

        public IEnumerable<string> StopReasons => Told.OfType<StopEffect>().Select(s => s.Reason);
    }
}
