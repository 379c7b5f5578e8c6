namespace HarmonyDB.Raft;

/// <summary>
/// Reads the members out of the payload of an entry of kind <see cref="EntryKind.Configuration"/>. The payload belongs to the host, which
/// keeps addresses and identities in it; Raft needs only who counts.
/// </summary>
public interface IConfigurationCodec
{
    /// <summary>Reads a configuration. A pure function of the payload.</summary>
    /// <exception cref="FormatException">The payload is not a configuration. Raft then drops the message that carried it.</exception>
    Configuration Decode(ReadOnlyMemory<byte> payload);
}
