using HarmonyDB.Model;

namespace HarmonyDB.Raft.Tests.Model;

/// <summary>What the exhaustive model is built from: if these were wrong it would miss states, or invent them.</summary>
public sealed class ModelPartsTests
{
    [Fact]
    public void Hash_OfMembersWithTheSameHistory_IsTheSame()
    {
        Assert.Equal(Hash(Ticked(1, 1)), Hash(Ticked(1, 1)));
        Assert.NotEqual(Hash(Ticked(1, 1)), Hash(Ticked(2, 1)));
        Assert.NotEqual(Hash(Ticked(1, 1)), Hash(Ticked(1, 2)));
    }

    // What only names things, and what time it is, tell no states apart: an election that fails leads back to the state before it but for the term.
    [Fact]
    public void Hash_OfFollowersAtDifferentTimes_IsTheSame()
    {
        var early = new Member(Options(1), Disk(), hasSlowDisk: false);
        var late = new Member(Options(1), Disk(), hasSlowDisk: false);
        late.Do(new MemberAction(MemberActionKind.Crash, 0), null);
        early.Do(new MemberAction(MemberActionKind.Crash, 0), null);
        late.Node.Tick(TimeSpan.FromMilliseconds(1));
        Assert.NotEqual(new StructuralHash().Of(early, TimeSpan.Zero), new StructuralHash().Of(late, TimeSpan.FromMilliseconds(1)));
        Assert.Equal(new StructuralHash().Of(early, TimeSpan.Zero), new StructuralHash().Of(late, TimeSpan.Zero));
    }

    [Fact]
    public void Hash_OfEntries_IsThatOfTheirContent()
    {
        Assert.Equal(Hash(Entry(1, 1, 7)), Hash(Entry(1, 1, 7)));
        Assert.NotEqual(Hash(Entry(1, 1, 7)), Hash(Entry(1, 1, 8)));
        Assert.NotEqual(Hash(Entry(1, 1, 7)), Hash(Entry(2, 1, 7)));
        Assert.Equal(Hash(new List<Entry> { Entry(1, 1, 7) }), Hash(new[] { Entry(1, 1, 7) }));
    }

    [Fact]
    public void Hash_OfADictionary_DoesNotDependOnItsOrder()
    {
        Assert.Equal(Hash(new Dictionary<int, int> { [1] = 2, [3] = 4 }), Hash(new Dictionary<int, int> { [3] = 4, [1] = 2 }));
        Assert.NotEqual(Hash(new Dictionary<int, int> { [1] = 2, [3] = 4 }), Hash(new Dictionary<int, int> { [1] = 4, [3] = 2 }));
    }

    [Fact]
    public void Ledger_EachPart_KeepsToItsBits()
    {
        var ledger = new Ledger(0).WithLastTerm(10).WithCommitted(16).WithRead(1).WithRead(2).WithLeader(1, 3).WithLeader(10, 2);
        foreach (var budget in Enum.GetValues<Budget>())
        {
            ledger = ledger.Spend(budget).Spend(budget);
        }
        Assert.Equal(10, ledger.LastTerm);
        Assert.Equal(16, ledger.Committed);
        Assert.Equal((3, 0, 2), (ledger.LeaderOf(1), ledger.LeaderOf(5), ledger.LeaderOf(10)));
        Assert.All(Enum.GetValues<Budget>(), budget => Assert.Equal(2, ledger.Spent(budget)));
        Assert.True(ledger.IsReading(2, out var committed));
        Assert.Equal(16, committed);
        Assert.False(ledger.WithoutRead(1).IsReading(1, out _));
    }

    [Fact]
    public void Frontier_ManyStates_GivesThemBackInOrder()
    {
        const int count = 200_000;
        var frontier = new Frontier();
        for (var i = 0; i < count; i++)
        {
            frontier.Add(State(i));
        }
        var expected = 0;
        foreach (var state in frontier.TakeAll(new ClusterState()))
        {
            Assert.Equal(State(expected++).Hash(), state.Hash());
        }
        Assert.Equal(count, expected);
    }

    [Fact]
    public void ClusterState_Messages_AreAMultiset()
    {
        var one = State(0);
        var other = State(0);
        foreach (var message in new[] { 5, 1, 3, 3 })
        {
            Assert.True(one.TryAdd(message));
        }
        foreach (var message in new[] { 3, 5, 3, 1, 9 })
        {
            Assert.True(other.TryAdd(message));
        }
        Assert.NotEqual(one.Hash(), other.Hash());
        other.Remove(9);
        Assert.Equal(one.Hash(), other.Hash());
        other.Remove(3);
        Assert.NotEqual(one.Hash(), other.Hash());
        Assert.Equal([1, 3, 5], other.Messages.ToArray().Except(State(0).Messages.ToArray()));
    }

    [Fact]
    public void StateSet_UpToItsCapacity_TellsWhatIsNew()
    {
        var set = new StateSet(10_000);
        for (var i = 0UL; i < 10_000; i++)
        {
            Assert.True(set.TryAdd(Mixing.Mix(i, 1)));
            Assert.False(set.TryAdd(Mixing.Mix(i / 2, 1)));
        }
        Assert.Equal(10_000, set.Count);
    }

    [Fact]
    public void Action_AsANumber_ComesBack()
    {
        var member = new MemberAction(MemberActionKind.Crash, 5);
        Assert.Equal(member, MemberAction.FromCode(member.Code));
        var cluster = new ClusterAction(ClusterActionKind.Drop, 2, member.Code);
        Assert.Equal(cluster, ClusterAction.FromCode(cluster.Code));
    }

    private static UInt128 Hash(object value) => new StructuralHash().Of(value, TimeSpan.Zero);

    private static Entry Entry(ulong index, ulong term, byte payload) => new(new LogIndex(index), new Term(term), EntryKind.Command, new[] { payload });

    private static ClusterState State(int number)
    {
        var state = new ClusterState { Committed = (UInt128)number << 70, CommittedIn = (ulong)number, Ledger = new Ledger((ulong)number << 33) };
        state.Member[2] = number;
        for (var i = 0; i < number % 7; i++)
        {
            state.TryAdd(number + i);
        }
        return state;
    }

    private static Member Ticked(ulong id, int ticks)
    {
        var member = new Member(Options(id), Disk(), hasSlowDisk: true);
        for (var i = 0; i < ticks; i++)
        {
            member.Do(new MemberAction(MemberActionKind.Tick, 0), null);
        }
        return member;
    }

    private static MemberDisk Disk() => new(default, [], Configuration.ForVoters(new MemberId(1), new MemberId(2), new MemberId(3)));

    private static RaftOptions Options(ulong id) => new() { Id = new MemberId(id), ConfigurationCodec = ModelConfigurationCodec.Instance, PreVote = false };
}
