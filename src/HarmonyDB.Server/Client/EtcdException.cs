using HarmonyDB.Server.Grpc;

namespace HarmonyDB.Server.Client;

/// <summary>A call to a node failed.</summary>
public sealed class EtcdException : Exception
{
    /// <summary>Creates the exception.</summary>
    internal EtcdException(GrpcStatusCode statusCode, string detail, Uri endpoint, bool mayHaveHappened, Exception? innerException = null)
        : base($"{endpoint.Authority}: {detail} ({statusCode})", innerException)
    {
        StatusCode = statusCode;
        Detail = detail;
        Endpoint = endpoint;
        MayHaveHappened = mayHaveHappened;
    }

    /// <summary>The status of the call, as the node gave it, or as the client concluded from a failed connection or a passed deadline.</summary>
    public GrpcStatusCode StatusCode { get; }

    /// <summary>The node's own words.</summary>
    public string Detail { get; }

    /// <summary>The node that was asked last.</summary>
    public Uri Endpoint { get; }

    /// <summary>False when it is certain that nothing was written. Always false for reads.</summary>
    public bool MayHaveHappened { get; }
}
