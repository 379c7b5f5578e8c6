using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Tests;

/// <summary>What no honest member sends is told from what one may: every part of every rule.</summary>
public sealed class MessageRulesTests
{
    private const ulong Highest = long.MaxValue;

    private static readonly MemberId One = new(1);
    private static readonly MemberId Two = new(2);

    public static TheoryData<string, RaftMessage> IllFormed => new()
    {
        { "from nobody", new Heartbeat(MemberId.None, Two, new Term(1), LogIndex.Zero, 1) },
        { "from the receiver", new Heartbeat(Two, Two, new Term(1), LogIndex.Zero, 1) },
        { "in no term", new Heartbeat(One, Two, Term.Zero, LogIndex.Zero, 1) },
        { "in a term beyond all", new Heartbeat(One, Two, new Term(Highest + 1), LogIndex.Zero, 1) },
        { "a vote for no position", Vote(index: 0, term: 1) },
        { "a vote for a position without a term", Vote(index: 1, term: 0) },
        { "a vote for an index beyond all", Vote(index: Highest + 1, term: 1) },
        { "a vote for a log of the future", Vote(index: 1, term: 4) },
        { "a pre-vote for a term that is not the next", new RequestPreVote(One, Two, new Term(3), new Term(5), LogIndex.Zero, Term.Zero) },
        { "a pre-vote for no position", new RequestPreVote(One, Two, new Term(3), new Term(4), LogIndex.Zero, new Term(1)) },
        { "a removal at an index beyond all", new MemberRemoved(One, Two, new Term(1), new LogIndex(Highest + 1)) },
        { "a match beyond all", Response(Highest + 1, 0) },
        { "a conflict beyond all", Response(0, Highest + 1) },
        { "no entries at all", Append(null!) },
        { "entries after no position", Append([], index: 1, term: 0) },
        { "an entry that is none", Append([null!]) },
        { "an entry of no term", Append([Entry(1, 0)]) },
        { "an entry of a term before", Append([Entry(3, 1)], index: 2, term: 2) },
        { "an entry that leaves a gap", Append([Entry(2, 1)]) },
        { "an entry of no kind", Append([Entry(1, 1) with { Kind = EntryKind.Configuration + 1 }]) },
        { "an entry of the future", Append([Entry(1, 4)]) },
    };

    public static TheoryData<string, RaftMessage> WellFormed => new()
    {
        { "a heartbeat", new Heartbeat(One, Two, new Term(Highest), LogIndex.Zero, 1) },
        { "a vote for an empty log", Vote(index: 0, term: 0) },
        { "a vote for a log of its own term", Vote(index: Highest, term: 3) },
        { "a pre-vote before the first term", new RequestPreVote(One, Two, Term.Zero, new Term(1), LogIndex.Zero, Term.Zero) },
        { "its answer", new RequestPreVoteResponse(One, Two, Term.Zero, new Term(1), true) },
        { "a removal", new MemberRemoved(One, Two, new Term(1), new LogIndex(Highest)) },
        { "a match", Response(Highest, Highest) },
        { "entries", Append([Entry(3, 2), Entry(4, 3)], index: 2, term: 2) },
    };

    [Theory]
    [MemberData(nameof(IllFormed))]
    public void Message_ThatNobodyHonestSends_IsIllFormed(string what, RaftMessage message) => Assert.False(MessageRules.IsWellFormed(message), what);

    [Theory]
    [MemberData(nameof(WellFormed))]
    public void Message_OfAnHonestMember_IsWellFormed(string what, RaftMessage message) => Assert.True(MessageRules.IsWellFormed(message), what);

    private static Entry Entry(ulong index, ulong term) => new(new LogIndex(index), new Term(term), EntryKind.Command, ReadOnlyMemory<byte>.Empty);

    private static RequestVote Vote(ulong index, ulong term) => new(One, Two, new Term(3), new LogIndex(index), new Term(term));

    private static AppendEntries Append(IReadOnlyList<Entry> entries, ulong index = 0, ulong term = 0) =>
        new(One, Two, new Term(3), new LogIndex(index), new Term(term), entries, LogIndex.Zero);

    private static AppendEntriesResponse Response(ulong match, ulong conflict) =>
        new(One, Two, new Term(3), false, new LogIndex(match), new LogIndex(conflict), Term.Zero);
}
