using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using HarmonyDB.Actors;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.Tests.Actors;

/// <summary>
/// One real node (RaftActor, LogActor, StorageActor on a simulated disk) as member 1 of three; its peers and its front door are test probes, and
/// the clock moves when the test says so.
/// </summary>
public abstract class RaftScenario : TestKit
{
    internal const ulong ClusterId = 0xC1;
    internal static readonly MemberId Self = new(1);
    internal static readonly MemberId Two = new(2);
    internal static readonly MemberId Three = new(3);
    private static readonly TimeSpan PastAnyElectionTimeout = TimeSpan.FromMilliseconds(600);

    private readonly HarmonySettings _settings = HarmonySettings.From(ConfigurationFactory.ParseString("""
        harmony {
          name = n1
          data-dir = "/simulated/n1"
          log.segment-bytes = 4MiB
          cluster.members = [
            { name = n1, raft-address = "127.0.0.1:4053" }
            { name = n2, raft-address = "127.0.0.1:4063" }
            { name = n3, raft-address = "127.0.0.1:4073" }
          ]
        }
        """));

    private TimeSpan _now;
    private NodeFiles? _files;
    private IActorRef? _node;
    private IActorRef _log = ActorRefs.Nobody;
    private ManualResetEventSlim? _stall;

    protected RaftScenario()
        : base(ConfigurationFactory.ParseString(NodeDispatchers.Definitions))
    {
        PeerTwo = CreateTestProbe("n2");
        PeerThree = CreateTestProbe("n3");
        Client = CreateTestProbe("client");
        Members = CreateTestProbe("members");
    }

    internal TestProbe PeerTwo { get; }

    internal TestProbe PeerThree { get; }

    /// <summary>Stands for ClientActor.</summary>
    internal TestProbe Client { get; }

    /// <summary>Stands for MembershipActor.</summary>
    internal TestProbe Members { get; }

    internal SimulatedDisk Disk { get; private set; } = new(seed: 1);

    /// <summary>What stands between the node and its disk; nothing unless set.</summary>
    internal Func<Disk, Disk> Wrap { get; set; } = disk => disk;

    internal IActorRef Raft { get; private set; } = ActorRefs.Nobody;

    internal ReplicaView View { get; private set; } = null!;

    internal NodeFiles Files => _files!;

    /// <summary>Makes the folder of a member whose log holds the initial configuration at 1/1 and then these entries.</summary>
    internal void Given(HardState hardState, params (ulong Index, ulong Term)[] entries)
    {
        using NodeFiles files = NodeFiles.Open(_settings, Disk, () => BirthId(1));
        var configuration = ClusterConfiguration.Initial(ClusterId, [.. _settings.Members.Select((m, i) => new NodeIdentity(
            m.Name, m.RaftAddress, m.ClientUrls, BirthId(i + 1), 0, 0))]);
        files.Log.Append(
            new LogHardState(hardState.Term.Value, hardState.Vote.Value, hardState.Commit.Value),
            [new LogEntry(1, 1, (byte)EntryKind.Configuration, configuration.ToPayload()), .. entries.Select(e => new LogEntry(e.Index, e.Term, (byte)EntryKind.Noop, default))]);
        files.Log.Flush();
        files.SaveIdentity(ClusterId, Self.Value);
    }

    /// <summary>Starts the node on what the disk has.</summary>
    internal void Start()
    {
        _files = NodeFiles.Open(_settings, Wrap(Disk), () => BirthId(1));
        ReplicaRestore restore = _files.Restore(_settings.Self);
        var options = new ReplicaOptions(
            [.. _settings.Members.Select(m => new NodeIdentity(m.Name, m.RaftAddress, m.ClientUrls, default, 0, 0))],
            _settings.BirthProbeInterval,
            // Without pre-vote one timeout is all that an election takes here; what pre-vote is for, the core's own tests show.
            id => new RaftOptions { Id = id, ConfigurationCodec = new ClusterConfigurationCodec(), PreVote = false });
        var parts = new NodeParts(
            () => Props.Create(() => new Gate(LogActor.Props(_files, _settings.LogStallThreshold))).WithDispatcher(NodeDispatchers.Log),
            () => StorageActor.Props(_files, _settings.Store),
            () => SnapshotActor.Props(_files),
            () => Props.Create(() => new Relay(Members.Ref)),
            () => Props.Create(() => new Relay(Client.Ref)),
            parts => RaftActor.Props(Settings(parts, restore, options)),
            made => _log = made.Log,
            reason =>
            {
                _files.Dispose();
                Client.Ref.Tell(reason);
            });
        _node = Sys.ActorOf(Props.Create(() => new HarmonySupervisor(parts)));
        Client.FishForMessage(m => m is LeaderKnown);
        Raft = Client.LastSender;
        // Nobody stands for election before it has applied the configuration it knows to be committed (R14).
        AwaitCondition(() => View.Applied == View.Commit);
    }

    /// <summary>From now on the log's disk stands still: LogActor's thread waits, as in a flush that does not return.</summary>
    internal void StallLog()
    {
        _stall = new ManualResetEventSlim();
        _log.Tell(_stall, TestActor);
        ExpectMsg(Gate.Waiting);
    }

    /// <summary>The disk goes on.</summary>
    internal void ResumeLog() => _stall!.Set();

    /// <summary>Waits until RaftActor has handled all that it was told so far.</summary>
    internal void Settle()
    {
        Raft.Tell(new Identify("settled"), TestActor);
        ExpectMsg<ActorIdentity>();
    }

    /// <summary>Stops the node and cuts its power: what it did not flush is gone.</summary>
    internal void CutPower()
    {
        SimulatedDisk after = Disk.CrashedCopy(CrashKind.PowerLost, seed: 1);
        Sys.Stop(_node!);
        Client.FishForMessage(m => m is NodeStopReason);
        Disk.Dispose();
        Disk = after;
    }

    /// <summary>Lets an election timeout pass.</summary>
    internal void Elapse() => Elapse(PastAnyElectionTimeout);

    /// <summary>Lets time pass.</summary>
    internal void Elapse(TimeSpan time)
    {
        _now += time;
        Raft.Tell(ClockTick.Instance);
    }

    /// <summary>Lets time pass, in which member 2 answers this leader's heartbeats.</summary>
    internal void ElapseHeard(TimeSpan time, Term term)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (TimeSpan passed = TimeSpan.Zero; passed < time; passed += step)
        {
            Elapse(step);
            From(new HeartbeatResponse(Two, Self, term, Expect<Heartbeat>(PeerTwo).Round));
        }
    }

    /// <summary>A peer says something.</summary>
    internal void From(RaftMessage message) => Raft.Tell(new PeerFrame(ClusterId, message));

    /// <summary>The next message of this type at a peer; greetings and others are passed over.</summary>
    internal TMessage Expect<TMessage>(TestProbe peer, Predicate<TMessage>? matches = null)
        where TMessage : RaftMessage => (TMessage)((PeerFrame)peer.FishForMessage(
            m => m is PeerFrame { Message: TMessage message } && (matches is null || matches(message)))).Message;

    /// <summary>Elects this node, with the vote of member 2; returns its term.</summary>
    internal Term Elect()
    {
        Elapse();
        RequestVote request = Expect<RequestVote>(PeerTwo);
        From(new RequestVoteResponse(Two, Self, request.Term, VoteGranted: true));
        Client.FishForMessage(m => m is LeaderKnown { IsSelf: true });
        return request.Term;
    }

    /// <summary>Member 2 has the leader's first entry, the no-op of its term at index 2, and can be sent more.</summary>
    internal void AcknowledgeFirst(Term term)
    {
        Expect<AppendEntries>(PeerTwo);
        From(new AppendEntriesResponse(Two, Self, term, true, new LogIndex(2), default, default));
    }

    /// <summary>A batch of one put.</summary>
    internal static byte[] Batch(string key, string value)
    {
        var command = new Command { Put = new PutCommand { Key = Google.Protobuf.ByteString.CopyFromUtf8(key), Value = Google.Protobuf.ByteString.CopyFromUtf8(value) } };
        return Google.Protobuf.MessageExtensions.ToByteArray(new CommandBatch { Commands = { command } });
    }

    internal static Guid BirthId(int member) => new(member, 0, 0, new byte[8]);

    private RaftActorSettings Settings(PartRefs parts, ReplicaRestore restore, ReplicaOptions options) => new(
        now => new HarmonyDB.Replication.Replica(options, restore, new SeededRandomSource(7), now), () => _now, TimeSpan.FromHours(1),
        address => address.EndsWith("4063", StringComparison.Ordinal) ? PeerTwo.Ref : PeerThree.Ref, parts, view => View = view);

    /// <summary>Before LogActor; its failures are the node's.</summary>
    private sealed class Gate : ReceiveActor
    {
        public const string Waiting = "waiting";
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

        public Gate(Props log)
        {
            IActorRef behind = Context.ActorOf(log);
            Receive<ManualResetEventSlim>(stall =>
            {
                Sender.Tell(Waiting);
                stall.Wait(Limit);
            });
            ReceiveAny(behind.Forward);
        }

        protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);
    }

    /// <summary>A child of the supervisor in ClientActor's place that hands everything to a probe.</summary>
    private sealed class Relay : ReceiveActor
    {
        public Relay(IActorRef probe) => ReceiveAny(probe.Forward);
    }
}
