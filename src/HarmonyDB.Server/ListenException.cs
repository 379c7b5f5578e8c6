namespace HarmonyDB.Server;

/// <summary>The server could not listen at its address. The message names the address, the reason and the remedy.</summary>
public sealed class ListenException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ListenException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
