using System.Diagnostics.Metrics;
using HarmonyDB.Actors;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>A disk that stands still: nobody waits for it but those who asked for durability.</summary>
public sealed class SlowDiskTests : RaftScenario
{
    private static readonly HardState Fresh = new(new Term(1), MemberId.None, new LogIndex(1));

    private readonly ManualResetEventSlim _gate = new(initialState: true);

    public SlowDiskTests()
    {
        Wrap = disk => new GatedDisk(disk, _gate);
    }

    [Fact]
    public void R38_Leader_FlushStandsStill_HeartbeatsGoOnAndLeadershipIsHandedOver()
    {
        Given(Fresh);
        Start();
        Term term = Elect();
        AcknowledgeFirst(term);
        AwaitCondition(() => View.Commit == new LogIndex(2));

        _gate.Reset();
        Raft.Tell(new ProposeBatch(7, Batch("k", "v")), Client.Ref);
        Expect<AppendEntries>(PeerTwo, m => m.Entries.Any(e => e.Index == new LogIndex(3)));
        From(new AppendEntriesResponse(Two, Self, term, true, new LogIndex(3), default, default));
        for (int i = 0; i < 9; i++)
        {
            ElapseHeard(TimeSpan.FromMilliseconds(100), term);
            Expect<Heartbeat>(PeerThree);
        }

        Assert.True(View.IsLeader);
        Elapse(TimeSpan.FromMilliseconds(100));
        Expect<TimeoutNow>(PeerTwo);
        AwaitCondition(() => !View.IsLeader);
        _gate.Set();
    }

    [Fact]
    public void R38_Follower_FlushStandsStill_AnswersHeartbeatsAndNoAppends()
    {
        Given(Fresh);
        Start();
        _gate.Reset();
        var entry = new Entry(new LogIndex(2), new Term(2), EntryKind.Noop, default);
        From(new AppendEntries(Two, Self, new Term(2), new LogIndex(1), new Term(1), [entry], new LogIndex(1)));
        for (ulong round = 1; round <= 20; round++)
        {
            From(new Heartbeat(Two, Self, new Term(2), new LogIndex(1), round));
            HeartbeatResponse response = (HeartbeatResponse)((PeerFrame)PeerTwo.FishForMessage(m =>
            {
                Assert.False(m is PeerFrame { Message: AppendEntriesResponse });
                return m is PeerFrame { Message: HeartbeatResponse };
            })).Message;
            Assert.Equal(round, response.Round);
        }

        _gate.Set();
        Assert.True(Expect<AppendEntriesResponse>(PeerTwo).Success);
    }

    [Fact]
    public void Flush_TakesLongerThanTheThreshold_IsOneLineWithItsDurationAndAMetric()
    {
        var stalls = new List<double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meters) =>
            {
                if (instrument.Meter.Name == "HarmonyDB" && instrument.Name == "harmonydb.disk.stall.duration")
                {
                    meters.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) =>
        {
            lock (stalls)
            {
                stalls.Add(seconds);
            }
        });
        listener.Start();
        var time = new SteppingTime(TimeSpan.FromSeconds(2.5));
        var meter = new DiskStallMeter(Akka.Event.Logging.GetLogger(Sys, this), TimeSpan.FromSeconds(1), time);

        EventFilter.Warning(contains: "a flush of the log took 2.500 s").ExpectOne(() => meter.TimeFlush("flush of the log", () => { }));
        time.Step = TimeSpan.FromSeconds(0.9);
        EventFilter.Warning(contains: "stalled").Expect(0, () => meter.TimeFlush("flush of the log", () => { }));

        lock (stalls)
        {
            Assert.Contains(2.5, stalls);
            Assert.DoesNotContain(0.9, stalls);
        }
    }

    protected override void AfterAll()
    {
        _gate.Set();
        base.AfterAll();
    }

    /// <summary>Every look at the clock finds it this much later.</summary>
    private sealed class SteppingTime(TimeSpan step) : TimeProvider
    {
        private long _ticks;

        public TimeSpan Step { get; set; } = step;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks += Step.Ticks;
    }
}
