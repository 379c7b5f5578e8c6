using HarmonyDB.Raft;

namespace HarmonyDB.Messages;

/// <summary>A change of who the members are. The set is closed: <see cref="PeerSerializer"/> knows each of them.</summary>
internal abstract record MemberChange;

/// <summary>A new member, first as a learner.</summary>
/// <param name="RaftAddress">Where its remoting will listen. The first blank folder that comes from there is bound to the member.</param>
/// <param name="IsLearner">Whether it stays a learner; otherwise the leader promotes it once it has caught up.</param>
internal sealed record AddMember(string RaftAddress, bool IsLearner) : MemberChange;

/// <summary>A learner that has caught up becomes a voter.</summary>
internal sealed record PromoteMember(MemberId Member) : MemberChange;

/// <summary>A member leaves for good; its id is never given again.</summary>
internal sealed record RemoveMember(MemberId Member) : MemberChange;

/// <summary>A member moves to another address.</summary>
internal sealed record UpdateMember(MemberId Member, string RaftAddress) : MemberChange;

/// <summary>What became of a change of members or of leadership. The numbers travel: they never change.</summary>
internal enum ChangeOutcome
{
    /// <summary>It is committed; a change of leadership has taken place.</summary>
    Done = 0,

    /// <summary>This node does not lead: nothing happened, and it may be asked elsewhere.</summary>
    NotTaken = 1,

    /// <summary>Taken, and then leadership was lost: it may still be committed, or not.</summary>
    Unknown = 2,

    /// <summary>Another change is under way, or the leader is too new: nothing happened; it may be asked again in a moment.</summary>
    Busy = 3,

    /// <summary>There is no such member.</summary>
    NotFound = 4,

    /// <summary>Another member has this address.</summary>
    AddressTaken = 5,

    /// <summary>Only a learner can be promoted.</summary>
    NotLearner = 6,

    /// <summary>The learner has not caught up yet.</summary>
    NotCaughtUp = 7,

    /// <summary>Too few of the voters that would remain are there to decide anything.</summary>
    TooFewVoters = 8,

    /// <summary>The cluster has as many members as it can have.</summary>
    TooManyMembers = 9,

    /// <summary>The member to which leadership was to go is no voter, or did not take over in time.</summary>
    BadTransferTarget = 10,

    /// <summary>Leadership could not be handed over in time; this node leads on.</summary>
    TransferTimedOut = 11,
}
