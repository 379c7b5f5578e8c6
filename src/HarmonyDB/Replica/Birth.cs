using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// How a cluster comes into being, and how a node finds out that it is not wanted. Only the first listed member, blank, and told by every
/// other listed member that it is blank too, creates the cluster; any member of it hands the configuration to blank folders it names.
/// </summary>
/// <remarks>
/// Two nodes with different lists may both create one, but each names the birth ids of a majority of voters to have a quorum, and
/// a folder joins one cluster for good: at most one of them ever elects a leader. Pure: no clock, no I/O.
/// </remarks>
internal sealed class Birth
{
    private readonly IReadOnlyList<string> _listed;
    private readonly IReadOnlyList<NodeIdentity> _members;
    private readonly IRandomSource _random;
    private readonly ElectionSettings _settings;
    private readonly Dictionary<string, string> _differences = [];
    private readonly TimeSpan _interval;
    private readonly bool _joins;
    private readonly Dictionary<string, NodeIdentity> _blank = [];
    private readonly Dictionary<string, string> _refusals = [];
    private readonly HashSet<string> _answered = [];
    private TimeSpan _nextGreeting;

    /// <summary>Creates it.</summary>
    /// <param name="members">The configured list; birth, cluster and member ids in it are ignored.</param>
    /// <param name="interval">How often a blank node greets.</param>
    /// <param name="random">Source of cluster ids.</param>
    /// <param name="settings">This node's share of what all should have alike.</param>
    /// <param name="joins">Whether this node joins a cluster that exists, and has no part in the birth of one.</param>
    public Birth(IReadOnlyList<NodeIdentity> members, TimeSpan interval, IRandomSource random, ElectionSettings settings, bool joins)
    {
        _settings = settings;
        _members = members;
        _joins = joins;
        _listed = [.. members.Select(m => $"{m.Name}@{m.RaftAddress}")];
        _interval = interval;
        _random = random;
    }

    /// <summary>
    /// Greetings that are due: while blank, or without a configuration, to all others on the list; after that to the members that have not answered yet.
    /// </summary>
    public IEnumerable<SendEffect> Due(NodeIdentity self, ClusterConfiguration? configuration, TimeSpan now)
    {
        if (now < _nextGreeting)
        {
            yield break;
        }

        _nextGreeting = now + _interval;
        foreach ((string name, string address) in Others(self, configuration))
        {
            if (self.IsBlank || !_answered.Contains(name))
            {
                yield return new SendEffect(address, new Greeting(self, _listed));
            }
        }
    }

    /// <summary>When the next greeting is due; the end of time when nobody is left to greet.</summary>
    public TimeSpan NextDue(NodeIdentity self, ClusterConfiguration? configuration) =>
        self.IsBlank || Others(self, configuration).Any(o => !_answered.Contains(o.Name)) ? _nextGreeting : TimeSpan.MaxValue;

    /// <summary>The folder belongs to a cluster now: what was said against it while it was blank means nothing any more.</summary>
    public void Joined() => _refusals.Clear();

    /// <summary>The configuration this node creates now, if it is the first listed and all others said they are blank.</summary>
    public ClusterConfiguration? TryCreate(NodeIdentity self)
    {
        bool mine = !_joins && self.IsBlank && _members[0].Name == self.Name && _refusals.Count == 0
            && _members.All(m => m.Name == self.Name || _blank.ContainsKey(m.Name));
        if (!mine)
        {
            return null;
        }

        ulong clusterId;
        do
        {
            clusterId = _random.NextUInt64();
        }
        while (clusterId == 0);
        return ClusterConfiguration.Initial(clusterId, [.. _members.Select(m => m.Name == self.Name ? self : _blank[m.Name])]);
    }

    /// <summary>Answers a greeting; null while the greeter has to wait.</summary>
    /// <param name="greeting">What the other said.</param>
    /// <param name="self">Who this node is.</param>
    /// <param name="configuration">The committed configuration; null while blank.</param>
    /// <param name="configurationIndex">Where it stands in the log.</param>
    public SendEffect? Answer(Greeting greeting, NodeIdentity self, ClusterConfiguration? configuration, LogIndex configurationIndex)
    {
        NodeIdentity sender = greeting.Sender;
        ClusterConfiguration? welcome = null;
        string refusal = "";
        if (configuration is null)
        {
            if (sender.IsBlank && !greeting.Listed.SequenceEqual(_listed))
            {
                refusal = $"its harmony.cluster.members is [{string.Join(", ", greeting.Listed)}], that of {self.Name} is [{string.Join(", ", _listed)}]; make them equal";
            }
        }
        else if (sender.IsBlank)
        {
            welcome = configuration.Find(sender.BirthId) is null ? null : configuration;
            if (welcome is null && (configuration.Members.Any(m => !m.IsBound && m.RaftAddress == sender.RaftAddress)
                || MemberChanges.FindReplaced(sender, configuration) is not null))
            {
                // The leader binds the folder to the member that was added for it, or puts it in the place of the one that it was.
                return null;
            }

            refusal = welcome is not null ? "" :
                $"its data folder is new to cluster {configuration.ClusterId:x16}, which has no member at {sender.RaftAddress} that waits for a folder; "
                + $"bring the lost folder back, or run: harmony member add {sender.RaftAddress}. An empty folder cannot vote in place of a lost one";
        }
        else if (sender.ClusterId != configuration.ClusterId)
        {
            refusal = $"its data folder belongs to cluster {sender.ClusterId:x16}, but {self.Name} is of cluster {configuration.ClusterId:x16}; "
                + "give it the right harmony.data-dir, or another cluster's addresses";
        }
        else if (configuration.WasRemoved(new MemberId(sender.MemberId))
            || (configuration.Find(new MemberId(sender.MemberId)) is { } member && member.BirthId != sender.BirthId))
        {
            refusal = $"cluster {configuration.ClusterId:x16} has no member {sender.MemberId:x} with its data folder; it was removed or replaced";
        }

        return new SendEffect(sender.RaftAddress, new GreetingAnswer(self, welcome, refusal)
        {
            ConfigurationIndex = configurationIndex,
            Settings = _settings,
            GreetedBirthId = sender.BirthId,
            GreetedMemberId = sender.MemberId,
        });
    }

    /// <summary>Takes an answer in. Refusals of a majority of those who can answer are a verdict: one misled peer must not stop a healthy node.</summary>
    /// <param name="answer">What a peer said.</param>
    /// <param name="self">Who this node is.</param>
    /// <param name="configuration">The configuration in force, if this node has one.</param>
    public BirthVerdict Take(GreetingAnswer answer, NodeIdentity self, ClusterConfiguration? configuration)
    {
        NodeIdentity peer = answer.Sender;
        if (answer.Refusal.Length > 0 && (answer.GreetedBirthId != self.BirthId || answer.GreetedMemberId != self.MemberId))
        {
            // It is late, and about the folder that was here before, or from when this one was blank.
            return new BirthVerdict(false, null, null);
        }

        if (answer.Refusal.Length > 0 && peer.IsBlank && (_joins || !self.IsBlank))
        {
            // Only members say who is none; lists have to be equal only where a cluster is to be born.
            return new BirthVerdict(false, null, null);
        }

        string[] others = [.. Others(self, configuration).Select(o => o.Name).Distinct()];
        if (!others.Contains(peer.Name))
        {
            return new BirthVerdict(false, null, null);
        }

        int quorum = Math.Min((others.Length + 1) / 2 + 1, others.Length);
        _blank.Remove(peer.Name);
        if (answer.Refusal.Length > 0)
        {
            bool news = !_refusals.TryGetValue(peer.Name, out string? before) || before != answer.Refusal;
            _refusals[peer.Name] = answer.Refusal;
            string text = $"{peer.Name} refuses this node: {answer.Refusal}.";
            return new BirthVerdict(false, news ? text : null, _refusals.Count >= quorum ? text : null);
        }

        _refusals.Remove(peer.Name);
        _answered.Add(peer.Name);
        string? warning = Compare(answer);
        if (!self.IsBlank)
        {
            return new BirthVerdict(false, warning, null);
        }

        if (peer.IsBlank)
        {
            _blank[peer.Name] = peer;
        }

        return new BirthVerdict(answer.Configuration?.Find(self.BirthId) is not null, warning, null);
    }

    // Told once for each peer and difference: a peer that is changed and started again is news.
    private string? Compare(GreetingAnswer answer)
    {
        string? differences = answer.Settings is null ? null : _settings.Differences(answer.Settings);
        if (differences is null)
        {
            _differences.Remove(answer.Sender.Name);
            return null;
        }

        bool isNews = !_differences.TryGetValue(answer.Sender.Name, out string? before) || before != differences;
        _differences[answer.Sender.Name] = differences;
        return isNews ? $"{answer.Sender.Name} has other settings than this node: {differences}. All members should have the same; with lease reads they must." : null;
    }

    // The list is the address book of the first contact, also for one that has the folder of another cluster; the configuration knows who came later.
    private IEnumerable<(string Name, string Address)> Others(NodeIdentity self, ClusterConfiguration? configuration) =>
        _members.Where(m => m.Name != self.Name).Select(m => (m.Name, m.RaftAddress))
            .Union((configuration?.Members ?? []).Where(m => m.BirthId != self.BirthId && m.IsBound).Select(m => (m.Name, m.RaftAddress)));
}

/// <summary>What an answer to a greeting means.</summary>
/// <param name="Adopts">Whether the answer hands over a configuration that names this folder.</param>
/// <param name="Warning">What an operator should read, if it is news.</param>
/// <param name="Stop">Why this node must stop, if a quorum refuses it.</param>
internal sealed record BirthVerdict(bool Adopts, string? Warning, string? Stop);
