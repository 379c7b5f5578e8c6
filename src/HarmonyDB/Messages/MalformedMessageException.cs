namespace HarmonyDB.Messages;

/// <summary>A message from a peer, or a configuration in the log, keeps to protobuf but breaks a rule of ours. It is refused whole.</summary>
public sealed class MalformedMessageException : FormatException
{
    /// <summary>Creates the exception.</summary>
    public MalformedMessageException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
