namespace HarmonyDB.Client;

/// <summary>A request failed. The type says why, <see cref="MayHaveHappened"/> whether a write may have taken effect.</summary>
public abstract class HarmonyException : Exception
{
    /// <summary>Creates the exception.</summary>
    protected HarmonyException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>False when it is certain that nothing was written: the request can be sent again without harm.</summary>
    public virtual bool MayHaveHappened => false;
}

/// <summary>The request itself is at fault: an empty key, something over a limit, or flags that contradict each other. Nothing happened.</summary>
public sealed class InvalidRequestException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public InvalidRequestException(InvalidRequestReason reason, string message)
        : base(message)
    {
        Reason = reason;
    }

    /// <summary>What is wrong with it.</summary>
    public InvalidRequestReason Reason { get; }
}

/// <summary>What is wrong with a request.</summary>
public enum InvalidRequestReason
{
    /// <summary>The key is empty.</summary>
    EmptyKey,

    /// <summary>The key is over <c>harmony.limits.max-key-bytes</c>.</summary>
    KeyTooLarge,

    /// <summary>The request is over <c>harmony.limits.max-request-bytes</c>.</summary>
    RequestTooLarge,

    /// <summary>Something else, told in the message.</summary>
    Malformed,
}

/// <summary>No leader could be reached, or none could confirm itself, before the deadline. Nothing was written.</summary>
public sealed class RequestTimeoutException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public RequestTimeoutException(string message)
        : base(message)
    {
    }
}

/// <summary>More requests are waiting than this node or the leader takes. Nothing was written; try again a little later.</summary>
public sealed class TooManyRequestsException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public TooManyRequestsException(string message)
        : base(message)
    {
    }
}

/// <summary>The leader's disk is full, so it takes no writes. Nothing was written; reads go on. Try again once there is space, or another member leads.</summary>
public sealed class DiskSpaceException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public DiskSpaceException(string message)
        : base(message)
    {
    }
}

/// <summary>A write was handed to a leader that then fell or did not answer in time. It may or may not have happened, now or a little later.</summary>
public sealed class OutcomeUnknownException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public OutcomeUnknownException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public override bool MayHaveHappened => true;
}

/// <summary>This node has stopped or is stopping; the reason is in the message and in its log. Ask another node.</summary>
public sealed class NodeStoppedException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public NodeStoppedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

/// <summary>A change of members or of leadership was refused. Nothing happened.</summary>
public sealed class MembershipException : HarmonyException
{
    /// <summary>Creates the exception.</summary>
    public MembershipException(MembershipRefusal reason, string message)
        : base(message)
    {
        Reason = reason;
    }

    /// <summary>Why.</summary>
    public MembershipRefusal Reason { get; }
}

/// <summary>Why a change of members or of leadership was refused.</summary>
public enum MembershipRefusal
{
    /// <summary>There is no such member.</summary>
    NotFound,

    /// <summary>Another member has this address.</summary>
    AddressTaken,

    /// <summary>It is no address that peers could use.</summary>
    BadAddress,

    /// <summary>Only a learner can be promoted.</summary>
    NotLearner,

    /// <summary>The learner has not caught up yet.</summary>
    NotCaughtUp,

    /// <summary>Too few of the voters that would remain are there.</summary>
    TooFewVoters,

    /// <summary>The cluster has as many members as it can have.</summary>
    TooManyMembers,

    /// <summary>Another change is under way.</summary>
    Busy,

    /// <summary>This node does not lead.</summary>
    NotLeader,

    /// <summary>The member to which leadership was to go is no voter.</summary>
    BadTransferTarget,

    /// <summary>The other did not take over in time; this node leads on.</summary>
    TransferTimedOut,
}
