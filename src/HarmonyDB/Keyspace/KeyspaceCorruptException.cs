namespace HarmonyDB.Keyspace;

/// <summary>
/// A committed entry, or a record of the store, does not say what it must. The node cannot go on applying: skipping it would make
/// this node's state differ from its peers' without anyone noticing.
/// </summary>
internal sealed class KeyspaceCorruptException : Exception
{
    /// <summary>Creates the exception.</summary>
    public KeyspaceCorruptException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
