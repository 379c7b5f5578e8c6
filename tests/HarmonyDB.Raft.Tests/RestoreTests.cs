namespace HarmonyDB.Raft.Tests;

/// <summary>A member does not start from a disk that contradicts itself: it would act on what it lost.</summary>
public sealed class RestoreTests
{
    private static readonly Configuration Members = Configuration.ForVoters(new MemberId(1), new MemberId(2), new MemberId(3));

    public static TheoryData<string, RaftRestore> Contradictions => new()
    {
        { "a log that begins nowhere", Disk(first: 0, last: 0) },
        { "a log that ends before it begins", Disk(first: 4, last: 2) },
        { "R58: a commit index beyond the log", Disk(commit: 4) },
        { "R41: entries applied that the log lost", Disk(applied: 4) },
        { "R48: a gap between what is applied and the log", Disk(first: 3, applied: 1) },
        { "R42: no term for the entry before the log", Disk(first: 3, applied: 2, boundary: 3) },
        { "a log of the future", Disk(term: 1) },
        { "a configuration beyond the log", Disk(configurationIndex: 4) },
        { "terms that fall", Disk() with { TermBoundaries = [(new LogIndex(1), new Term(2)), (new LogIndex(2), new Term(1))] } },
        { "terms out of order", Disk() with { TermBoundaries = [(new LogIndex(2), new Term(1)), (new LogIndex(2), new Term(2))] } },
        { "configurations out of order", Disk(configurationIndex: 1) with { EarlierConfigurations = [(new LogIndex(2), Members)] } },
        { "a joint configuration that could never be left", Disk() with { Configuration = new Configuration([new(1)], [new(2)], []) } },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Start_FromAContradiction_IsRefused(string what, RaftRestore restore) =>
        Assert.True(Record.Exception(() => Start(restore)) is InvariantViolationException, what);

    [Fact]
    public void Start_FromWhatHoldsTogether_FollowsNobody()
    {
        var node = Start(Disk(first: 3, applied: 2, boundary: 1, commit: 3, configurationIndex: 3));
        Assert.Equal((Role.Follower, MemberId.None), (node.Role, node.Leader));
        Assert.Equal((new LogIndex(3), new LogIndex(3), new LogIndex(3)), (node.FirstIndex, node.LastIndex, node.Commit));
    }

    [Fact]
    public void Invariant_ThatDoesNotHold_SaysWhatItIsAbout() => Assert.Contains(
        "up to 4", Assert.Throws<InvariantViolationException>(() => Start(Disk(commit: 4))).Message, StringComparison.Ordinal);

    private static RaftRestore Disk(
        ulong first = 1, ulong last = 3, ulong applied = 0, ulong commit = 0, ulong term = 2, ulong boundary = 1, ulong configurationIndex = 0) =>
        new(new HardState(new Term(term), MemberId.None, new LogIndex(commit)), new LogIndex(first), new LogIndex(last),
            [(new LogIndex(boundary), new Term(2))], Members, new LogIndex(configurationIndex), new LogIndex(applied));

    private static RaftNode Start(RaftRestore restore) => new(
        new RaftOptions { Id = new MemberId(1), ConfigurationCodec = new Cluster.TextConfigurationCodec() }, restore, new SeededRandomSource(1), TimeSpan.Zero);
}
