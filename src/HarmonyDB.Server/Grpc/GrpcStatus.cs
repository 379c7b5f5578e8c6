namespace HarmonyDB.Server.Grpc;

/// <summary>What the trailers of a call say.</summary>
internal readonly record struct GrpcStatus(GrpcStatusCode Code, string Message)
{
    public const string CodeHeader = "grpc-status";
    public const string MessageHeader = "grpc-message";

    public static GrpcStatus Ok { get; } = new(GrpcStatusCode.Ok, "");
}
