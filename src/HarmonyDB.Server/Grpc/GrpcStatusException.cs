namespace HarmonyDB.Server.Grpc;

/// <summary>Ends a call with a status; the message is meant for the caller.</summary>
internal sealed class GrpcStatusException : Exception
{
    public GrpcStatusException(GrpcStatusCode code, string message)
        : base(message)
    {
        Status = new GrpcStatus(code, message);
    }

    public GrpcStatus Status { get; }
}
