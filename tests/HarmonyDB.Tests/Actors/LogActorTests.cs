using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit.Xunit2;
using HarmonyDB.Actors;
using HarmonyDB.DataFolder;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;
using HarmonyDB.Tests.DataFolder;
using Xunit;

namespace HarmonyDB.Tests.Actors;

/// <summary>What LogActor reports, against what a power cut at that moment would leave.</summary>
public sealed class LogActorTests : TestKit
{
    private readonly SimulatedDisk _disk;
    private readonly NodeFiles _files;
    private readonly IActorRef _log;

    public LogActorTests()
        : base(ConfigurationFactory.ParseString(NodeDispatchers.Definitions))
    {
        _disk = FolderFixture.Member();
        _files = FolderFixture.Open(_disk);
        _log = Sys.ActorOf(LogActor.Props(_files, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Append_ManyInARow_EachReportIsOfWhatIsDurableAndTheLastIsOfAll()
    {
        const ulong Appends = 1000;
        for (ulong i = 1; i <= Appends; i++)
        {
            _log.Tell(Append(i, firstIndex: i + 1), TestActor);
        }

        ulong reported = 0;
        while (reported < Appends)
        {
            ulong number = ExpectMsg<LogAppended>().Number;
            Assert.True(number > reported, $"{number} was reported after {reported}.");
            reported = number;
            AssertDurable(reported + 1);
        }

        ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void Read_BehindAppendsInTheMailbox_HasTheirEntries()
    {
        _log.Tell(Append(1, firstIndex: 2), TestActor);
        _log.Tell(Append(2, firstIndex: 3), TestActor);
        _log.Tell(new ReadLogEffect(new LogRead(1, new LogIndex(2), new LogIndex(4), 1 << 20, new MemberId(2))), TestActor);
        var read = (LogRangeRead)FishForMessage(m => m is LogRangeRead);
        Assert.Equal([2ul, 3ul], read.Entries.Select(e => e.Index.Value));
    }

    [Fact]
    public void Append_ReplacesATailThatWasNotReportedYet_TheLaterOneCounts()
    {
        _log.Tell(Append(1, firstIndex: 2, term: 1, count: 3), TestActor);
        _log.Tell(Append(2, firstIndex: 3, term: 2), TestActor);
        FishForMessage(m => m is LogAppended { Number: 2 });
        AssertDurable(3);
        Assert.Equal(2ul, _files.Log.TermAt(3));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _files.Dispose();
        _disk.Dispose();
    }

    private static AppendEffect Append(ulong number, ulong firstIndex, ulong term = 1, int count = 1) => new(
        number, null, [.. Enumerable.Range(0, count).Select(i => new Entry(new LogIndex(firstIndex + (ulong)i), new Term(term), EntryKind.Noop, default))], MustFlush: true);

    private void AssertDurable(ulong index)
    {
        using SimulatedDisk after = _disk.CrashedCopy(CrashKind.PowerLost, seed: 1);
        using NodeFiles files = FolderFixture.Open(after);
        Assert.True(files.Log.LastIndex >= index, $"{index} was reported, and {files.Log.LastIndex} is there.");
    }
}
