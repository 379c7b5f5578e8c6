namespace HarmonyDB.Raft.Tests;

public sealed class QuorumTests
{
    [Theory]
    [InlineData(new ulong[] { 5 }, 5)]
    [InlineData(new ulong[] { 5, 3 }, 3)]
    [InlineData(new ulong[] { 5, 3, 1 }, 3)]
    [InlineData(new ulong[] { 5, 5, 1, 0 }, 1)]
    [InlineData(new ulong[] { 9, 2, 7, 1, 4 }, 4)]
    [InlineData(new ulong[0], 0)]
    public void Reached_MajorityOfVoters_IsTheMedian(ulong[] values, ulong expected)
    {
        var configuration = Configuration.ForVoters(values.Select((_, i) => new MemberId((ulong)i + 1)));

        Assert.Equal(expected, Quorum.Reached(configuration, values, static (all, member) => all[member.Value - 1]));
    }

    [Fact]
    public void Reached_ManyVoters_IsTheMedian()
    {
        var values = Enumerable.Range(1, 25).Select(value => (ulong)value).ToArray();
        var configuration = Configuration.ForVoters(values.Select(value => new MemberId(value)));

        Assert.Equal(13UL, Quorum.Reached(configuration, values, static (all, member) => all[member.Value - 1]));
    }

    [Fact]
    public void Reached_JointConfiguration_NeedsBothMajorities()
    {
        var configuration = new Configuration(Members(1, 2, 3), Members(3, 4, 5), []);
        ulong[] values = [9, 9, 9, 2, 1];

        Assert.Equal(2UL, Quorum.Reached(configuration, values, static (all, member) => all[member.Value - 1]));
    }

    [Theory]
    [InlineData("1+", VoteOutcome.Pending)]
    [InlineData("1+ 2+", VoteOutcome.Won)]
    [InlineData("1+ 2-", VoteOutcome.Pending)]
    [InlineData("2- 3-", VoteOutcome.Lost)]
    [InlineData("1+ 9+", VoteOutcome.Pending)]
    public void Tally_ThreeVoters_CountsVotersOnly(string votes, object expected)
    {
        Assert.Equal((VoteOutcome)expected, Quorum.Tally(Configuration.ForVoters(Members(1, 2, 3)), Votes(votes)));
    }

    [Theory]
    [InlineData("1+ 2+", VoteOutcome.Pending)]
    [InlineData("1+ 2+ 4+", VoteOutcome.Pending)]
    [InlineData("1+ 3+ 4+", VoteOutcome.Won)]
    [InlineData("1+ 2+ 4- 5-", VoteOutcome.Lost)]
    public void Tally_JointConfiguration_NeedsBothMajorities(string votes, object expected)
    {
        Assert.Equal((VoteOutcome)expected, Quorum.Tally(new Configuration(Members(1, 2, 3), Members(3, 4, 5), []), Votes(votes)));
    }

    [Fact]
    public void Tally_NoVoters_NeverWins()
    {
        Assert.NotEqual(VoteOutcome.Won, Quorum.Tally(Configuration.Empty, Votes("1+")));
    }

    [Fact]
    public void Configuration_LearnerThatVotes_Throws()
    {
        Assert.Throws<ArgumentException>(() => new Configuration(Members(1, 2), [], Members(2)));
        Assert.Throws<ArgumentException>(() => Configuration.ForVoters(Members(1, 1)));
        Assert.Throws<ArgumentException>(() => Configuration.ForVoters(MemberId.None));
    }

    private static MemberId[] Members(params ulong[] ids) => [.. ids.Select(id => new MemberId(id))];

    private static Dictionary<MemberId, bool> Votes(string text) =>
        text.Split(' ').ToDictionary(vote => new MemberId((ulong)(vote[0] - '0')), vote => vote[1] == '+');
}
