namespace HarmonyDB.Server.Grpc;

/// <summary>How a gRPC call ended. The numbers are gRPC's and travel in the <c>grpc-status</c> trailer.</summary>
public enum GrpcStatusCode
{
    /// <summary>It was done.</summary>
    Ok = 0,

    /// <summary>The caller gave up.</summary>
    Cancelled = 1,

    /// <summary>The other side did not say.</summary>
    Unknown = 2,

    /// <summary>The request is wrong, whatever the state of the database.</summary>
    InvalidArgument = 3,

    /// <summary>The deadline passed. A write may have happened.</summary>
    DeadlineExceeded = 4,

    /// <summary>Not there.</summary>
    NotFound = 5,

    /// <summary>There already.</summary>
    AlreadyExists = 6,

    /// <summary>The caller may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A limit was reached: too many requests, or too large a message.</summary>
    ResourceExhausted = 8,

    /// <summary>The database is not in the state that the request needs.</summary>
    FailedPrecondition = 9,

    /// <summary>Something else got in between.</summary>
    Aborted = 10,

    /// <summary>Outside of what there is, such as a compacted revision.</summary>
    OutOfRange = 11,

    /// <summary>This server has no such method, or does not support a field of the request.</summary>
    Unimplemented = 12,

    /// <summary>Broken framing, or a fault of the server.</summary>
    Internal = 13,

    /// <summary>The node cannot serve at the moment: no leader, stopping, or out of reach.</summary>
    Unavailable = 14,

    /// <summary>Data was lost or damaged.</summary>
    DataLoss = 15,

    /// <summary>The caller did not say who it is.</summary>
    Unauthenticated = 16,
}
