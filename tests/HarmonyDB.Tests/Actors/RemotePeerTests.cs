using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Configs;
using Akka.TestKit.Xunit2;
using HarmonyDB.Configuration;
using HarmonyDB.Messages;
using HarmonyDB.Testing;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>Messages between nodes over real remoting, as large as a frame takes, and to a peer that goes and comes back.</summary>
public sealed class RemotePeerTests : TestKit
{
    private const int FrameBytes = 128 << 10;
    private const int OverheadBytes = 64 << 10;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly int _port = FreePorts.Take(1)[0];

    public RemotePeerTests()
        : base(Remoting(0), "local")
    {
    }

    [Fact]
    public void A1_Message_UpToTheFrameLimitArrives_OneByteMoreIsDroppedAndTheNextOnesArrive()
    {
        ActorSystem peer = CreatePeer();
        TestProbe probe = CreateTestProbe(peer, "client");
        ulong marker = 0;
        bool Arrives(int payloadBytes)
        {
            Peer().Tell(new ForwardedBatch(1, 1, new byte[payloadBytes]), TestActor);
            Peer().Tell(new ForwardedBatchAnswer(++marker, BatchOutcome.NotTaken, []), TestActor);
            bool arrived = false;
            for (object? message = probe.ReceiveOne(Limit); message is not ForwardedBatchAnswer; message = probe.ReceiveOne(Limit))
            {
                Assert.Equal(payloadBytes, Assert.IsType<ForwardedBatch>(message).Payload.Length);
                arrived = true;
            }

            return arrived;
        }

        int largest = FrameBytes - OverheadBytes;
        int tooLarge = FrameBytes + 1;
        Assert.True(Arrives(largest), "The room that a node keeps in a frame is not enough.");
        Assert.False(Arrives(tooLarge), "A message above the frame limit arrived.");
        while (tooLarge - largest > 1)
        {
            int middle = (largest + tooLarge) / 2;
            (largest, tooLarge) = Arrives(middle) ? (middle, tooLarge) : (largest, middle);
        }

        Assert.Equal((true, true, false, true), (Arrives(largest - 1), Arrives(largest), Arrives(largest + 1), Arrives(largest)));
        Shutdown(peer, Limit);
    }

    [Fact]
    public async Task A4_A5_PeerGoneAndBack_IsReachedAgainAndAnswersAndOrderHolds()
    {
        for (ulong life = 0; life < 3; life++)
        {
            ulong first = life * 1_000_000;
            ActorSystem peer = CreatePeer();
            TestProbe probe = CreateTestProbe(peer, "client");
            ulong sent = first;
            await Poll.UntilAsync("the peer is reached", () =>
            {
                Peer().Tell(new ForwardedBatch(1, ++sent, default), TestActor);
                return probe.HasMessages;
            });
            Peer().Tell(new ForwardedBatch(1, ++sent, default), TestActor);
            ulong before = 0;
            while (before != sent)
            {
                ulong next = Assert.IsType<ForwardedBatch>(probe.ReceiveOne(Limit)).BatchId;
                Assert.True(next > before, $"{next} came after {before}.");
                before = next;
            }

            probe.LastSender.Tell(new ForwardedBatchAnswer(sent, BatchOutcome.NotTaken, []), probe.Ref);
            Assert.Equal(sent, ExpectMsg<ForwardedBatchAnswer>(Limit).BatchId);
            Shutdown(peer, Limit);
            for (int i = 0; i < 100; i++)
            {
                // Nobody hears these, and nothing here waits for them or fails.
                Peer().Tell(new ForwardedBatch(1, ++sent, new byte[1000]), TestActor);
            }
        }
    }

    private static Config Remoting(int port) => ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = OFF
          stdout-loglevel = OFF
          log-dead-letters = off
          actor.provider = remote
          remote.retry-gate-closed-for = 100ms
          remote.dot-netty.tcp { hostname = "127.0.0.1", port = {{port}}, maximum-frame-size = {{FrameBytes}}b }
        }
        """).WithFallback(HarmonyConfig.Akka).WithFallback(TestConfigs.DefaultConfig);

    private ActorSystem CreatePeer() => ActorSystem.Create("peer", Remoting(_port));

    private ActorSelection Peer() => Sys.ActorSelection($"akka.tcp://peer@127.0.0.1:{_port}/system/client");
}
