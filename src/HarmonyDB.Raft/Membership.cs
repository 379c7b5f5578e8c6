using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>
/// Whether this member belongs to the cluster, and whether those who ask it for votes do. Who was removed and does not know it would disturb the
/// others for ever (Raft dissertation, section 4.2.3; R5).
/// </summary>
internal sealed class Membership(RaftNode node, ConfigurationHistory configurations)
{
    private bool _wasMember;

    /// <summary>Whether this member was removed.</summary>
    public bool IsRemoved { get; private set; }

    /// <summary>
    /// Whether this member may be needed to win an election: it votes, or it would if a change that is not known to be committed were lost. In that case it
    /// may be the only one with the entry that takes its vote, and stands without counting itself (Raft dissertation, section 4.2.2).
    /// </summary>
    public bool MayBeNeededToWin
    {
        get
        {
            var mayBeLost = configurations.CurrentIndex > node.Commit;
            return !IsRemoved && (configurations.Current.IsVoter(node.Id) ||
                (mayBeLost && configurations.TryGetAt(configurations.CurrentIndex.Previous, out _, out var earlier) && earlier.IsVoter(node.Id)));
        }
    }

    /// <summary>Entries up to this index are committed. A configuration without this member says nothing before, nor to one that is not in yet.</summary>
    public void CommittedTo(LogIndex index)
    {
        if (configurations.TryGetAt(index, out _, out var configuration))
        {
            var isMember = configuration.IsMember(node.Id);
            IsRemoved |= _wasMember && !isMember;
            _wasMember |= isMember;
        }
    }

    /// <summary>
    /// Tells one that asks for a vote, if it was removed. The vote itself is not refused for that: this member's configuration may be the one that is
    /// out of date (R6), and the receiver can tell.
    /// </summary>
    public void TellRemoved(MemberId member)
    {
        if (configurations.CurrentIndex > LogIndex.Zero && configurations.CurrentIndex <= node.Commit && !configurations.Current.IsMember(member))
        {
            node.Outbox.Send(new MemberRemoved(node.Id, member, node.Term, configurations.CurrentIndex));
        }
    }

    /// <summary>Another member says that this one was removed.</summary>
    /// <returns>Whether that is news. Only who was a member when the cluster knew less can have been removed since; another is on its way in.</returns>
    public bool Learned(MemberRemoved message)
    {
        if (IsRemoved || !configurations.TryFindNewestWith(node.Id, out var index) || message.ConfigurationIndex <= index)
        {
            return false;
        }
        IsRemoved = true;
        return true;
    }
}
