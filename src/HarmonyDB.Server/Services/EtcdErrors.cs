using HarmonyDB.Client;
using HarmonyDB.Server.Grpc;

namespace HarmonyDB.Server.Services;

/// <summary>
/// The status and the text for each failure. Etcd's clients compare whole texts (its rpctypes package), so those that have a
/// counterpart in etcd are etcd's to the letter and carry no detail of ours.
/// </summary>
internal static class EtcdErrors
{
    public static readonly GrpcStatus EmptyKey = new(GrpcStatusCode.InvalidArgument, "etcdserver: key is not provided");
    public static readonly GrpcStatus RequestTooLarge = new(GrpcStatusCode.InvalidArgument, "etcdserver: request is too large");
    public static readonly GrpcStatus TooManyRequests = new(GrpcStatusCode.ResourceExhausted, "etcdserver: too many requests");
    public static readonly GrpcStatus NoSpace = new(GrpcStatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded");
    public static readonly GrpcStatus NoLeader = new(GrpcStatusCode.Unavailable, "etcdserver: no leader");
    public static readonly GrpcStatus Stopped = new(GrpcStatusCode.Unavailable, "etcdserver: server stopped");

    /// <summary>The one text by which etcd's clients know that a write may or may not have happened.</summary>
    public static readonly GrpcStatus OutcomeUnknown = new(
        GrpcStatusCode.Unavailable, "etcdserver: request timed out, possibly due to previous leader failure");

    /// <summary>For a refused change of members or of leadership.</summary>
    public static GrpcStatus ToStatus(MembershipRefusal reason) => reason switch
    {
        MembershipRefusal.NotFound => new(GrpcStatusCode.NotFound, "etcdserver: member not found"),
        MembershipRefusal.AddressTaken => new(GrpcStatusCode.FailedPrecondition, "etcdserver: Peer URLs already exists"),
        MembershipRefusal.BadAddress => new(GrpcStatusCode.InvalidArgument, "etcdserver: given member URLs are invalid"),
        MembershipRefusal.NotLearner => new(GrpcStatusCode.FailedPrecondition, "etcdserver: can only promote a learner member"),
        MembershipRefusal.NotCaughtUp => new(GrpcStatusCode.FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader"),
        MembershipRefusal.TooFewVoters => new(GrpcStatusCode.FailedPrecondition, "etcdserver: re-configuration failed due to not enough started members"),
        MembershipRefusal.TooManyMembers => new(GrpcStatusCode.FailedPrecondition, "etcdserver: too many learner members in cluster"),
        MembershipRefusal.Busy => TooManyRequests,
        MembershipRefusal.NotLeader => new(GrpcStatusCode.FailedPrecondition, "etcdserver: not leader"),
        MembershipRefusal.BadTransferTarget => new(GrpcStatusCode.FailedPrecondition, "etcdserver: bad leader transferee"),
        _ => new(GrpcStatusCode.Unavailable, "etcdserver: request timed out, leader transfer took too long"),
    };

    /// <returns>Null for an exception that is not one of the database's own.</returns>
    public static GrpcStatus? ToStatus(Exception exception) => exception switch
    {
        InvalidRequestException invalid => invalid.Reason switch
        {
            InvalidRequestReason.EmptyKey => EmptyKey,
            InvalidRequestReason.KeyTooLarge or InvalidRequestReason.RequestTooLarge => RequestTooLarge,
            _ => new GrpcStatus(GrpcStatusCode.InvalidArgument, $"etcdserver: {invalid.Message}"),
        },

        // Nothing was written, which is what separates it from OutcomeUnknown.
        RequestTimeoutException => NoLeader,
        OutcomeUnknownException => OutcomeUnknown,
        TooManyRequestsException => TooManyRequests,
        DiskSpaceException => NoSpace,
        MembershipException refused => ToStatus(refused.Reason),
        NodeStoppedException => Stopped,

        // A type added later: what it says of the outcome is what must not get lost.
        HarmonyException { MayHaveHappened: true } => OutcomeUnknown,
        HarmonyException other => new GrpcStatus(GrpcStatusCode.Unavailable, $"etcdserver: {other.Message}"),
        _ => null,
    };

    /// <summary>Refuses a field that this version does not support; nothing is ever quietly ignored.</summary>
    public static GrpcStatusException NotSupported(string message, string field)
        => new(GrpcStatusCode.Unimplemented, $"{message}.{field} is not supported by this version of HarmonyDB");
}
