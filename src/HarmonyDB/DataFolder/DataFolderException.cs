namespace HarmonyDB.DataFolder;

/// <summary>The data folder cannot be used by this node. It was not changed; the message says what to do.</summary>
public sealed class DataFolderException : Exception
{
    /// <summary>Creates the exception.</summary>
    public DataFolderException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
