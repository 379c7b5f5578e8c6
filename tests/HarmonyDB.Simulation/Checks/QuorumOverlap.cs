using System.Collections.Immutable;
using HarmonyDB.Raft;

namespace HarmonyDB.Simulation;

/// <summary>Whether every quorum of one configuration meets every quorum of another. By trying all sets of members.</summary>
internal static class QuorumOverlap
{
    /// <summary>Whether they all meet.</summary>
    public static bool Holds(Raft.Configuration left, Raft.Configuration right)
    {
        MemberId[] members = [.. left.Members.Union(right.Members)];
        for (uint some = 0; some < 1u << members.Length; some++)
        {
            if (IsQuorum(left, members, some) && IsQuorum(right, members, ~some))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsQuorum(Raft.Configuration configuration, MemberId[] members, uint some) =>
        IsMajority(configuration.Voters, members, some) && (!configuration.IsJoint || IsMajority(configuration.VotersOutgoing, members, some));

    private static bool IsMajority(ImmutableArray<MemberId> voters, MemberId[] members, uint some)
    {
        int count = 0;
        for (int i = 0; i < members.Length; i++)
        {
            count += (some & (1u << i)) != 0 && voters.Contains(members[i]) ? 1 : 0;
        }

        return count > voters.Length / 2;
    }
}
