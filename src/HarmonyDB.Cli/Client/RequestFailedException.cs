using HarmonyDB.Cli.CommandLine;

namespace HarmonyDB.Cli.Client;

/// <summary>A request to the cluster failed.</summary>
internal sealed class RequestFailedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public RequestFailedException(RequestFailure failure, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Failure = failure;
    }

    /// <summary>In which way.</summary>
    public RequestFailure Failure { get; }

    /// <summary>Whether sending the same request again may succeed. For a write whose outcome is unknown only if doing it twice is harmless.</summary>
    public bool IsTransient => Failure is RequestFailure.Unavailable or RequestFailure.OutcomeUnknown or RequestFailure.Busy;

    /// <summary>The exit code for it.</summary>
    public int ExitCode => Failure switch
    {
        RequestFailure.Unavailable => CommandLine.ExitCode.Unavailable,
        RequestFailure.OutcomeUnknown => CommandLine.ExitCode.OutcomeUnknown,
        _ => CommandLine.ExitCode.Failed,
    };

    /// <summary>What the user can do.</summary>
    public string Remedy => Failure switch
    {
        RequestFailure.Unavailable => $"harmony status shows which nodes answer; --endpoints or {GlobalOptions.EndpointsVariable} names others",
        RequestFailure.OutcomeUnknown => "read the key to see whether it was written, then write it again if it was not",
        RequestFailure.Busy => "again in a moment; the node holds as many requests as harmony.limits.max-pending-requests allows",
        _ => "",
    };
}
