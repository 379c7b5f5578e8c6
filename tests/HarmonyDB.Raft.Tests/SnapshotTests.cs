using HarmonyDB.Raft.Messages;
using HarmonyDB.Raft.Tests.Cluster;

namespace HarmonyDB.Raft.Tests;

public sealed class SnapshotTests
{
    private static readonly MemberId One = new(1);
    private static readonly MemberId Two = new(2);
    private static readonly Configuration Members = TextConfigurationCodec.Parse("1 2 3");

    [Fact]
    public void R45_Installation_CommitIndexIsSavedOnlyWhenItIsDurable()
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new InstallSnapshot(Two, One, new Term(2), new SnapshotMetadata(new LogIndex(9), new Term(2), Members, LogIndex.Zero)));

        var install = node.TakeReady();
        Assert.Equal(new LogIndex(9), install.Snapshot!.Index);
        Assert.True(install.MustFlush);
        Assert.Equal(LogIndex.Zero, install.HardState!.Value.Commit);
        Assert.IsType<AppendEntriesResponse>(Assert.Single(install.MessagesAfterFlush));

        node.Persisted(install.Number);
        Assert.Equal(new LogIndex(9), node.TakeReady().HardState!.Value.Commit);
    }

    [Fact]
    public void R46_EntriesAfterAnInstallation_AreHandedOutOnlyWhenItIsDurable()
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new InstallSnapshot(Two, One, new Term(2), new SnapshotMetadata(new LogIndex(9), new Term(2), Members, LogIndex.Zero)));
        var install = node.TakeReady();
        node.Step(new AppendEntries(Two, One, new Term(2), new LogIndex(9), new Term(2), [Command(10)], new LogIndex(10)));
        var append = node.TakeReady();
        Assert.Empty(append.CommittedEntries);

        node.Persisted(install.Number);
        node.AppliedTo(new LogIndex(9));
        Assert.Empty(node.TakeReady().CommittedEntries);
        node.Persisted(append.Number);
        Assert.Equal(new LogIndex(10), Assert.Single(node.TakeReady().CommittedEntries).Index);
    }

    [Fact]
    public void R47_LateReportOfWhatWasAppliedBeforeAnInstallation_IsTaken()
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new AppendEntries(Two, One, new Term(2), LogIndex.Zero, Term.Zero, [Command(1)], new LogIndex(1)));
        node.Persisted(node.TakeReady().Number);
        Assert.Single(node.TakeReady().CommittedEntries);
        node.Step(new InstallSnapshot(Two, One, new Term(2), new SnapshotMetadata(new LogIndex(9), new Term(2), Members, LogIndex.Zero)));
        node.Persisted(node.TakeReady().Number);

        node.AppliedTo(new LogIndex(1));
        node.AppliedTo(new LogIndex(9));

        Assert.Equal(new LogIndex(9), node.Applied);
    }

    [Fact]
    public void R47_SnapshotThatIsOlderThanTheStartOfTheLog_IsAnsweredWithWhatIsCommitted()
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new InstallSnapshot(Two, One, new Term(2), new SnapshotMetadata(new LogIndex(9), new Term(2), Members, LogIndex.Zero)));
        node.Step(new AppendEntries(Two, One, new Term(2), new LogIndex(9), new Term(2), [Command(10)], new LogIndex(10)));
        node.Persisted(node.TakeReady().Number);
        node.TakeReady();

        // The first of two snapshots was overtaken by the second, and by what followed it.
        node.Step(new InstallSnapshot(Two, One, new Term(2), new SnapshotMetadata(new LogIndex(5), new Term(2), Members, LogIndex.Zero)));

        var ready = node.TakeReady();
        Assert.Null(ready.Snapshot);
        var answer = Assert.IsType<AppendEntriesResponse>(Assert.Single(ready.MessagesAfterFlush));
        Assert.Equal((true, new LogIndex(10)), (answer.Success, answer.MatchIndex));
        Assert.Equal((new LogIndex(10), new LogIndex(10), new LogIndex(10)), (node.FirstIndex, node.LastIndex, node.Commit));
    }

    [Fact]
    public void R48_GapBetweenSnapshotAndLog_IsRefusedAtStart()
    {
        var applied = new LogIndex(5);
        IReadOnlyList<(LogIndex, Term)> boundaries = [(new LogIndex(1), new Term(1))];
        Assert.Throws<InvariantViolationException>(() => Node(
            new RaftRestore(default, new LogIndex(7), new LogIndex(9), boundaries, Members, LogIndex.Zero, applied)));

        // The log begins right after the snapshot, but nothing says with which term the snapshot ends (R42).
        Assert.Throws<InvariantViolationException>(() => Node(
            new RaftRestore(new HardState(new Term(1), MemberId.None, applied), new LogIndex(6), applied, [], Members, LogIndex.Zero, applied)));
    }

    [Fact]
    public void R42_AppendThatStartsBeforeACompactedLog_IsAnsweredWithWhatIsCommitted()
    {
        var node = Node(new RaftRestore(
            new HardState(new Term(2), MemberId.None, new LogIndex(9)), new LogIndex(10), new LogIndex(9), [(new LogIndex(9), new Term(2))], Members,
            LogIndex.Zero, new LogIndex(9)));

        node.Step(new AppendEntries(Two, One, new Term(2), LogIndex.Zero, Term.Zero, [Command(1)], new LogIndex(9)));

        var answer = Assert.IsType<AppendEntriesResponse>(Assert.Single(node.TakeReady().MessagesAfterFlush));
        Assert.Equal((true, new LogIndex(9)), (answer.Success, answer.MatchIndex));
        Assert.Equal(new LogIndex(9), node.LastIndex);
    }

    [Fact]
    public void R42_EntriesReadBackAfterTheLogWasCompacted_LeadToASnapshot()
    {
        var cluster = new TestCluster(2, options => options with { MaximumTailBytes = 1 });
        var leader = cluster.Elect(1);
        var follower = cluster[2];
        leader.Propose([1]);
        leader.Propose([2]);
        cluster.Settle();
        cluster.Join(3);
        leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2|3"));
        leader.Pump();
        cluster.Settle();

        // The joining member asks for everything; the answer from the disk comes when the log was compacted already.
        leader.Node.Step(new AppendEntriesResponse(new MemberId(3), One, leader.Node.Term, false, new LogIndex(4), LogIndex.Zero, Term.Zero));
        var read = Assert.Single(leader.Node.TakeReady().LogReads);
        var entries = leader.Disk.Read(read);
        leader.Compact(new LogIndex(4));
        leader.Node.EntriesRead(read, entries);

        var request = Assert.Single(leader.Node.TakeReady().SnapshotsToSend);
        Assert.Equal((new MemberId(3), new LogIndex(4)), (request.Peer, request.MinimumIndex));
        Assert.Equal(follower.Node.LastIndex, leader.Node.LastIndex);
    }

    [Fact]
    public void R43_RefusalOfAnEarlierProbe_DoesNotMoveNextBehindMatch()
    {
        var progress = new Progress(Two, new LogIndex(10), TimeSpan.Zero);
        progress.Accepted(new LogIndex(7), new LogIndex(1));
        Assert.Equal(new LogIndex(8), progress.Next);

        Assert.False(progress.Refused(new LogIndex(5), new LogIndex(2)));
        Assert.True(progress.Refused(new LogIndex(9), new LogIndex(2)));

        Assert.Equal((new LogIndex(7), new LogIndex(8)), (progress.Match, progress.Next));
    }

    [Fact]
    public void Snapshot_OfWhatTheLogHolds_OnlyMovesTheCommitIndex()
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new AppendEntries(Two, One, new Term(2), LogIndex.Zero, Term.Zero, [Command(1), Command(2), Command(3)], LogIndex.Zero));
        node.Persisted(node.TakeReady().Number);

        node.Step(new InstallSnapshot(Two, One, new Term(2), new SnapshotMetadata(new LogIndex(2), new Term(2), Members, LogIndex.Zero)));

        var ready = node.TakeReady();
        Assert.Null(ready.Snapshot);
        Assert.Equal(2, ready.CommittedEntries.Count);
        Assert.Equal(new LogIndex(3), node.LastIndex);
    }

    [Fact]
    public void Snapshot_OfATermThatIsOver_IsRefused()
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new Heartbeat(Two, One, new Term(5), LogIndex.Zero, 1));
        node.TakeReady();

        node.Step(new InstallSnapshot(Two, One, new Term(4), new SnapshotMetadata(new LogIndex(9), new Term(4), Members, LogIndex.Zero)));

        var answer = Assert.IsType<AppendEntriesResponse>(Assert.Single(node.TakeReady().MessagesAfterFlush));
        Assert.Equal((false, new Term(5)), (answer.Success, answer.Term));
        Assert.Equal(LogIndex.Zero, node.LastIndex);
    }

    [Fact]
    public void R7_SnapshotIsNamed_WithTheConfigurationThatWasInForceThere()
    {
        var cluster = new TestCluster(TextConfigurationCodec.Parse("1 2|3"));
        var leader = cluster.Elect(1);
        leader.Node.ProposeConfiguration(TextConfigurationCodec.Encode("1 2 3"));
        leader.Pump();

        // The change is in the log, but not committed: a snapshot of what is applied does not know it.
        Assert.True(leader.Node.TryDescribeSnapshot(new LogIndex(1), out var snapshot));
        Assert.Equal("voters=1,2 learners=3", snapshot.Configuration.ToString());
        Assert.False(leader.Node.TryDescribeSnapshot(new LogIndex(2), out _));
        cluster.Settle();
        Assert.True(leader.Node.TryDescribeSnapshot(new LogIndex(2), out snapshot));
        Assert.Equal((new LogIndex(2), new LogIndex(2), "voters=1,2,3"), (snapshot.Index, snapshot.ConfigurationIndex, snapshot.Configuration.ToString()));
        Assert.False(leader.Node.TryDescribeSnapshot(new LogIndex(1), out _));
    }

    [Fact]
    public void CompactedTo_WhatIsNotApplied_Throws()
    {
        var leader = new TestCluster(1).Elect(1);
        Assert.Throws<ArgumentOutOfRangeException>(() => leader.Node.CompactedTo(new LogIndex(2)));
        leader.Node.CompactedTo(new LogIndex(1));
        leader.Node.CompactedTo(new LogIndex(1));
        Assert.Equal(new LogIndex(2), leader.Node.FirstIndex);
    }

    [Fact]
    public void SnapshotReports_NobodyWaitsFor_HaveNoEffect()
    {
        var cluster = new TestCluster(2);
        var leader = cluster.Elect(1);
        var before = leader.Node.Peers[0];
        leader.Node.SnapshotSent(Two, new LogIndex(1));
        leader.Node.SnapshotFailed(Two);
        leader.Node.SnapshotSent(new MemberId(9), new LogIndex(1));
        cluster[2].Node.SnapshotFailed(One);
        Assert.Equal(before, leader.Node.Peers[0]);
    }

    public static TheoryData<SnapshotMetadata?> Malformed => new(
        null,
        new SnapshotMetadata(LogIndex.Zero, Term.Zero, Members, LogIndex.Zero),
        new SnapshotMetadata(new LogIndex(1), new Term(9), Members, LogIndex.Zero),
        new SnapshotMetadata(new LogIndex(1), new Term(1), Members, new LogIndex(2)),
        new SnapshotMetadata(new LogIndex(1), new Term(1), Configuration.Empty, LogIndex.Zero),
        new SnapshotMetadata(new LogIndex(1), new Term(1), new Configuration([One], [Two], []), LogIndex.Zero),
        new SnapshotMetadata(new LogIndex(1), new Term(1), null!, LogIndex.Zero));

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Snapshot_ThatCannotBe_IsDropped(SnapshotMetadata? snapshot)
    {
        var node = Node(RaftRestore.Blank(Members));
        node.Step(new InstallSnapshot(Two, One, new Term(1), snapshot!));
        Assert.Equal(1, node.DroppedMessages[DropReason.Malformed]);
    }

    private static RaftNode Node(RaftRestore restore) =>
        new(new RaftOptions { Id = One, ConfigurationCodec = new TextConfigurationCodec() }, restore, new SeededRandomSource(1), TimeSpan.Zero);

    private static Entry Command(ulong index) => new(new LogIndex(index), new Term(2), EntryKind.Command, ReadOnlyMemory<byte>.Empty);
}
