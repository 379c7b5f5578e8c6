using System.Collections.Immutable;

namespace HarmonyDB.Raft;

/// <summary>
/// The steps from one configuration to another. Changes of one voter at most go in one step (Raft dissertation, section 4.1), for then every
/// majority of the old meets every majority of the new; all others go through a joint configuration (Raft paper, section 6).
/// </summary>
internal static class ConfigurationChange
{
    /// <summary>Whether the target can be reached in one step.</summary>
    public static bool IsSimple(Configuration current, Configuration target) =>
        CountMissing(current.Voters, target.Voters) + CountMissing(target.Voters, current.Voters) <= 1;

    /// <summary>The joint configuration that leads from one configuration to another.</summary>
    /// <exception cref="InvariantViolationException">The codec encodes another one.</exception>
    public static Configuration Join(IConfigurationCodec codec, Configuration current, Configuration target)
    {
        var joint = Configuration.Decode(codec, codec.EncodeJoint(current, target));
        var expected = new Configuration(
            target.Voters,
            current.Voters,
            target.Learners.Where(learner => !current.Voters.Contains(learner)),
            target.Learners.Where(learner => current.Voters.Contains(learner)));
        Invariant.Check(joint.HasSameMembersAs(expected), $"The codec encodes {joint} for the step from {current} to {target}.");
        return joint;
    }

    /// <summary>The configuration that remains when a joint one is left.</summary>
    /// <exception cref="InvariantViolationException">The codec encodes another one.</exception>
    public static Configuration Leave(IConfigurationCodec codec, Configuration joint)
    {
        var final = Configuration.Decode(codec, codec.EncodeFinal(joint));
        var expected = new Configuration(joint.Voters, [], joint.Learners.Concat(joint.LearnersNext));
        Invariant.Check(final.HasSameMembersAs(expected), $"The codec encodes {final} for leaving {joint}.");
        return final;
    }

    /// <summary>
    /// Reads the configurations among the entries from a position on, in their order; null when there are none, which is nearly always. False when
    /// one cannot be read.
    /// </summary>
    public static bool TryDecode(IConfigurationCodec codec, IReadOnlyList<Entry> entries, int from, out Queue<Configuration>? configurations)
    {
        configurations = null;
        for (var i = from; i < entries.Count; i++)
        {
            if (entries[i].Kind != EntryKind.Configuration)
            {
                continue;
            }
            try
            {
                configurations ??= new Queue<Configuration>();
                configurations.Enqueue(Configuration.Decode(codec, entries[i].Payload));
            }
            catch (FormatException)
            {
                return false;
            }
        }
        return true;
    }

    private static int CountMissing(ImmutableArray<MemberId> wanted, ImmutableArray<MemberId> among)
    {
        var missing = 0;
        foreach (var member in wanted)
        {
            missing += among.Contains(member) ? 0 : 1;
        }
        return missing;
    }
}
