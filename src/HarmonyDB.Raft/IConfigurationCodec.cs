namespace HarmonyDB.Raft;

/// <summary>
/// Knows the encoded form of configurations, which is the payload of entries of kind <see cref="EntryKind.Configuration"/>. It belongs to the host,
/// which keeps addresses and identities in it; Raft needs only who counts. All methods are pure functions of their arguments.
/// </summary>
public interface IConfigurationCodec
{
    /// <summary>Reads a configuration.</summary>
    /// <exception cref="FormatException">The payload is not a configuration. Raft then drops the message that carried it.</exception>
    Configuration Decode(ReadOnlyMemory<byte> payload);

    /// <summary>
    /// The encoded form of the joint configuration that leads from one configuration to another (Raft paper, section 6). Its voters are those of
    /// <paramref name="target"/>, its outgoing voters those of <paramref name="current"/>, its learners those of the target, and the ones among
    /// these that are still outgoing voters are its <see cref="Configuration.LearnersNext"/>. It must be complete in itself: whoever starts
    /// from it must be able to reach the members of both.
    /// </summary>
    /// <param name="current">The configuration in force; not joint.</param>
    /// <param name="target">The configuration to reach; not joint.</param>
    ReadOnlyMemory<byte> EncodeJoint(Configuration current, Configuration target);

    /// <summary>
    /// The encoded form of the configuration that remains when a joint one is left: without the outgoing voters, and with the next learners as
    /// learners.
    /// </summary>
    /// <param name="joint">The joint configuration in force, with its <see cref="Configuration.Payload"/>.</param>
    ReadOnlyMemory<byte> EncodeFinal(Configuration joint);
}
