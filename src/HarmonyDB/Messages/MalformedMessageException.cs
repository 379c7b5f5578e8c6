namespace HarmonyDB.Messages;

/// <summary>A message from a peer, or a configuration in the log, keeps to protobuf but breaks a rule of ours. It is refused whole.</summary>
public sealed class MalformedMessageException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">What the decoder said, if it was the one to refuse.</param>
    public MalformedMessageException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
