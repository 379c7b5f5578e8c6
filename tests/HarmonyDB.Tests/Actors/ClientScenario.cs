using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Google.Protobuf;
using HarmonyDB.Actors;
using HarmonyDB.Configuration;
using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Tests.Actors;

/// <summary>The front door with a probe for RaftActor and one for the ClientActor of the node that leads; the clock moves when the test says so.</summary>
public abstract class ClientScenario : TestKit
{
    internal const ulong ClusterId = 0xC1;
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    protected ClientScenario(string limits)
        : base(ConfigurationFactory.ParseString(NodeDispatchers.Definitions))
    {
        Raft = CreateTestProbe("raft");
        Peer = CreateTestProbe("peer");
        User = CreateTestProbe("user");
        Client = Create(Settings(limits));
    }

    internal TestProbe Raft { get; }

    /// <summary>The ClientActor of the node that leads.</summary>
    internal TestProbe Peer { get; }

    /// <summary>Whoever asks.</summary>
    internal TestProbe User { get; }

    internal IActorRef Client { get; }

    private TimeSpan Time { get; set; }

    internal static HarmonySettings Settings(string limits) => HarmonySettings.From(ConfigurationFactory.ParseString($$"""
        harmony {
          name = n1
          data-dir = "/unused"
          limits { {{limits}} }
          cluster.members = [{ name = n1, raft-address = "127.0.0.1:4053" }, { name = n2, raft-address = "127.0.0.1:4063" }]
        }
        """));

    internal static (ulong BatchId, BatchOutcome Outcome) Outcome(ForwardedBatchAnswer answer) => (answer.BatchId, answer.Outcome);

    internal static Command Put(string key, int valueBytes = 0) =>
        new() { Put = new PutCommand { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFrom(new byte[valueBytes]) } };

    internal static byte[] Batch(params string[] keys) => new CommandBatch { Commands = { keys.Select(k => Put(k)) } }.ToByteArray();

    internal static IEnumerable<string> Keys(ReadOnlyMemory<byte> payload) =>
        CommandBatch.Parser.ParseFrom(payload.Span).Commands.Select(c => c.Put.Key.ToStringUtf8());

    internal IActorRef Create(HarmonySettings settings) => Sys.ActorOf(ClientActor.Props(settings, () => ClusterId, () => Time, _ => Peer.Ref));

    internal void Lead() => Client.Tell(new LeaderKnown(true, "127.0.0.1:4053", new Term(2)), Raft.Ref);

    internal void Follow(ulong term) => Client.Tell(new LeaderKnown(false, "127.0.0.1:4063", new Term(term)), Raft.Ref);

    /// <summary>Nobody leads in this term yet.</summary>
    internal void Miss(ulong term) => Client.Tell(new LeaderKnown(false, null, new Term(term)), Raft.Ref);

    internal void Submit(string key, int valueBytes = 0) => Client.Tell(new SubmitCommand(Put(key, valueBytes), Timeout), User.Ref);

    internal void Read() => Client.Tell(new SubmitRead(Timeout), User.Ref);

    internal void Pass(TimeSpan time)
    {
        // What was sent before is handled before: its deadline counts from now.
        Client.Tell(new Identify(time), TestActor);
        ExpectMsg<ActorIdentity>();
        Time += time;
        Client.Tell(ClockTick.Instance, ActorRefs.NoSender);
    }
}
