using System.Collections.Immutable;

namespace HarmonyDB.Raft;

/// <summary>
/// Who belongs to the cluster, and who counts. Immutable. While <see cref="VotersOutgoing"/> is not empty the configuration is joint: every
/// decision needs a majority of <see cref="Voters"/> and a majority of <see cref="VotersOutgoing"/> (Raft paper, section 6).
/// </summary>
public sealed class Configuration
{
    /// <summary>Creates a configuration.</summary>
    /// <param name="voters">The voters, or the incoming ones of a joint configuration.</param>
    /// <param name="votersOutgoing">The outgoing voters of a joint configuration, otherwise empty.</param>
    /// <param name="learners">Members that receive the log but neither vote nor count.</param>
    /// <param name="learnersNext">Outgoing voters that become learners when the joint configuration is left; none when omitted.</param>
    /// <exception cref="ArgumentException">
    /// A member is <see cref="MemberId.None"/>, named twice in a list, or both learner and voter; or a next learner is no outgoing voter or stays one.
    /// </exception>
    public Configuration(
        IEnumerable<MemberId> voters, IEnumerable<MemberId> votersOutgoing, IEnumerable<MemberId> learners, IEnumerable<MemberId>? learnersNext = null)
    {
        Voters = Sorted(voters, nameof(voters));
        VotersOutgoing = Sorted(votersOutgoing, nameof(votersOutgoing));
        Learners = Sorted(learners, nameof(learners));
        LearnersNext = Sorted(learnersNext ?? [], nameof(learnersNext));
        foreach (var learner in Learners)
        {
            if (IsVoter(learner))
            {
                throw new ArgumentException($"Member {learner} is both a learner and a voter.", nameof(learners));
            }
        }
        foreach (var learner in LearnersNext)
        {
            if (!VotersOutgoing.Contains(learner) || Voters.Contains(learner))
            {
                throw new ArgumentException($"Member {learner} cannot become a learner: it is no outgoing voter, or stays a voter.", nameof(learnersNext));
            }
        }
        Members = [.. Voters.Union(VotersOutgoing).Union(Learners).Order()];
    }

    /// <summary>The configuration of a member that has not learned of any: it neither campaigns nor votes.</summary>
    public static Configuration Empty { get; } = new([], [], []);

    /// <summary>The voters, ascending; in a joint configuration the incoming ones.</summary>
    public ImmutableArray<MemberId> Voters { get; }

    /// <summary>The outgoing voters of a joint configuration, ascending; otherwise empty.</summary>
    public ImmutableArray<MemberId> VotersOutgoing { get; }

    /// <summary>The members that receive the log but neither vote nor count, ascending.</summary>
    public ImmutableArray<MemberId> Learners { get; }

    /// <summary>
    /// The outgoing voters of a joint configuration that stay as learners, ascending. Until it is left they still vote, so they cannot be learners
    /// yet (the LearnersNext of etcd's joint configurations).
    /// </summary>
    public ImmutableArray<MemberId> LearnersNext { get; }

    /// <summary>
    /// The encoded form that this was read from by <see cref="Decode"/>, for the log and for snapshots; empty when it was made in memory.
    /// </summary>
    public ReadOnlyMemory<byte> Payload { get; private init; }

    /// <summary>Everyone named in any list, once, ascending.</summary>
    public ImmutableArray<MemberId> Members { get; }

    /// <summary>Whether nobody may vote: the configuration of a member that has not learned of any.</summary>
    public bool IsEmpty => Voters.IsEmpty;

    /// <summary>Whether two majorities are needed.</summary>
    public bool IsJoint => !VotersOutgoing.IsEmpty;

    /// <summary>A configuration of voters alone.</summary>
    /// <exception cref="ArgumentException">A member is <see cref="MemberId.None"/> or named twice.</exception>
    public static Configuration ForVoters(params IEnumerable<MemberId> voters) => new(voters, [], []);

    /// <summary>
    /// Reads a configuration and keeps a copy of its encoded form with it. This is how a host reads the ones that it gives to
    /// <see cref="RaftRestore"/> and <see cref="SnapshotMetadata"/>: leaving a joint configuration needs the encoded form.
    /// </summary>
    /// <exception cref="FormatException">The payload is not a configuration.</exception>
    public static Configuration Decode(IConfigurationCodec codec, ReadOnlyMemory<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(codec);
        try
        {
            var decoded = codec.Decode(payload);
            // Copied, because the payload may be a slice of a whole message that would be kept alive for as long as the configuration.
            return new Configuration(decoded.Voters, decoded.VotersOutgoing, decoded.Learners, decoded.LearnersNext) { Payload = payload.ToArray() };
        }
        catch (ArgumentException impossible)
        {
            // Well encoded, but no configuration: a member twice, for example. What a peer sends must not look like a mistake made here.
            throw new FormatException("The payload names members in a way that no configuration can.", impossible);
        }
    }

    /// <summary>Whether both name the same members in the same lists; the encoded forms may differ.</summary>
    public bool HasSameMembersAs(Configuration other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Voters.AsSpan().SequenceEqual(other.Voters.AsSpan()) && VotersOutgoing.AsSpan().SequenceEqual(other.VotersOutgoing.AsSpan()) &&
            Learners.AsSpan().SequenceEqual(other.Learners.AsSpan()) && LearnersNext.AsSpan().SequenceEqual(other.LearnersNext.AsSpan());
    }

    /// <summary>Whether the member's vote counts, in either half of a joint configuration.</summary>
    public bool IsVoter(MemberId member) => Voters.Contains(member) || VotersOutgoing.Contains(member);

    /// <summary>Whether the member is named in any list.</summary>
    public bool IsMember(MemberId member) => IsVoter(member) || Learners.Contains(member);

    /// <summary>For logs and transcripts: <c>voters=1,2,3 learners=4</c>.</summary>
    public override string ToString()
    {
        var text = $"voters={string.Join(',', Voters)}";
        if (IsJoint)
        {
            text += $" outgoing={string.Join(',', VotersOutgoing)}";
        }
        if (!Learners.IsEmpty)
        {
            text += $" learners={string.Join(',', Learners)}";
        }
        return LearnersNext.IsEmpty ? text : text + $" learners-next={string.Join(',', LearnersNext)}";
    }

    private static ImmutableArray<MemberId> Sorted(IEnumerable<MemberId> members, string parameter)
    {
        ArgumentNullException.ThrowIfNull(members, parameter);
        ImmutableArray<MemberId> sorted = [.. members.Order()];
        for (var i = 0; i < sorted.Length; i++)
        {
            if (sorted[i].IsNone || (i > 0 && sorted[i] == sorted[i - 1]))
            {
                throw new ArgumentException($"Member {sorted[i]} is no member, or is named twice.", parameter);
            }
        }
        return sorted;
    }
}
