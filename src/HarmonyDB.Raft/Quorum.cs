namespace HarmonyDB.Raft;

/// <summary>
/// The arithmetic of majorities. In a joint configuration a majority of each half is needed (Raft paper, section 6); without voters nothing is
/// ever decided.
/// </summary>
internal static class Quorum
{
    /// <summary>How many of this many voters are a majority.</summary>
    public static int Majority(int voters) => (voters / 2) + 1;

    /// <summary>The highest value that a quorum has reached, given the value that each voter has reached.</summary>
    public static ulong Reached<TState>(Configuration configuration, TState state, Func<TState, MemberId, ulong> valueOf)
    {
        var incoming = ReachedByMajority(configuration.Voters.AsSpan(), state, valueOf);
        return configuration.IsJoint
            ? Math.Min(incoming, ReachedByMajority(configuration.VotersOutgoing.AsSpan(), state, valueOf))
            : incoming;
    }

    /// <summary>Counts the votes of an election.</summary>
    public static VoteOutcome Tally(Configuration configuration, IReadOnlyDictionary<MemberId, bool> votes)
    {
        var incoming = TallyHalf(configuration.Voters.AsSpan(), votes);
        var outgoing = configuration.IsJoint ? TallyHalf(configuration.VotersOutgoing.AsSpan(), votes) : incoming;
        if (incoming == VoteOutcome.Lost || outgoing == VoteOutcome.Lost)
        {
            return VoteOutcome.Lost;
        }
        return incoming == VoteOutcome.Won && outgoing == VoteOutcome.Won ? VoteOutcome.Won : VoteOutcome.Pending;
    }

    private static ulong ReachedByMajority<TState>(ReadOnlySpan<MemberId> voters, TState state, Func<TState, MemberId, ulong> valueOf)
    {
        if (voters.IsEmpty)
        {
            return 0;
        }
        Span<ulong> values = voters.Length <= 16 ? stackalloc ulong[voters.Length] : new ulong[voters.Length];
        for (var i = 0; i < voters.Length; i++)
        {
            values[i] = valueOf(state, voters[i]);
        }
        values.Sort();
        return values[voters.Length - Majority(voters.Length)];
    }

    private static VoteOutcome TallyHalf(ReadOnlySpan<MemberId> voters, IReadOnlyDictionary<MemberId, bool> votes)
    {
        var granted = 0;
        var refused = 0;
        foreach (var voter in voters)
        {
            if (votes.TryGetValue(voter, out var vote))
            {
                granted += vote ? 1 : 0;
                refused += vote ? 0 : 1;
            }
        }
        if (granted >= Majority(voters.Length))
        {
            return VoteOutcome.Won;
        }
        return voters.Length - refused < Majority(voters.Length) ? VoteOutcome.Lost : VoteOutcome.Pending;
    }
}
