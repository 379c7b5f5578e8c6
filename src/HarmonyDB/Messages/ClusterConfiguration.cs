using Google.Protobuf;
using HarmonyDB.Raft;

namespace HarmonyDB.Messages;

/// <summary>The replicated configuration: who the members are. From birth on it is the only truth about membership and addresses.</summary>
internal sealed class ClusterConfiguration
{
    private readonly ClusterConfigurationMessage _message;

    private ClusterConfiguration(ClusterConfigurationMessage message)
    {
        _message = message;
        IEnumerable<ClusterMemberMessage> leaving = message.Outgoing.Where(m => message.Members.All(stays => stays.MemberId != m.MemberId));
        Members = message.Members.Concat(leaving).Select(m => new ClusterMember(
            new MemberId(m.MemberId), new Guid(m.BirthId.Span, bigEndian: true), m.Name, m.RaftAddress, [.. m.ClientUrls], m.IsLearner)
        {
            WantsVote = m.WantsVote,
        }).ToArray();
    }

    /// <summary>Creates the configuration a cluster is born with: all voters, numbered from 1 in the listed order.</summary>
    public static ClusterConfiguration Initial(ulong clusterId, IReadOnlyList<NodeIdentity> members)
    {
        var message = new ClusterConfigurationMessage { ClusterId = clusterId, NextMemberId = (ulong)members.Count + 1 };
        for (int i = 0; i < members.Count; i++)
        {
            NodeIdentity member = members[i];
            message.Members.Add(new ClusterMemberMessage
            {
                MemberId = (ulong)i + 1,
                BirthId = ByteString.CopyFrom(member.BirthId.ToByteArray(bigEndian: true)),
                Name = member.Name,
                RaftAddress = member.RaftAddress,
                ClientUrls = { member.ClientUrls },
            });
        }

        return new ClusterConfiguration(message);
    }

    /// <summary>Reads the payload of a configuration entry.</summary>
    /// <exception cref="MalformedMessageException">It is not protobuf, or breaks a rule every configuration keeps.</exception>
    public static ClusterConfiguration Parse(ReadOnlySpan<byte> payload) => From(WireParser.Parse(ClusterConfigurationMessage.Parser, payload));

    /// <summary>Reads a configuration that came in a message.</summary>
    /// <exception cref="MalformedMessageException">It breaks a rule every configuration keeps.</exception>
    public static ClusterConfiguration From(ClusterConfigurationMessage message)
    {
        bool sound = message.ClusterId != 0
            && message.Members.Count > 0
            && message.Members.All(m => m.MemberId != 0 && m.MemberId < message.NextMemberId && m.BirthId.Length == 16)
            && message.Members.Select(m => m.MemberId).Distinct().Count() == message.Members.Count
            && message.Members.Any(m => !m.IsLearner)
            && message.Outgoing.All(m => m.MemberId != 0 && m.MemberId < message.NextMemberId && m.BirthId.Length == 16 && !m.IsLearner)
            && message.Outgoing.Select(m => m.MemberId).Distinct().Count() == message.Outgoing.Count;
        return sound
            ? new ClusterConfiguration(message)
            : throw new MalformedMessageException("A cluster configuration names no cluster, no voter, or a member twice.");
    }

    /// <summary>The cluster.</summary>
    public ulong ClusterId => _message.ClusterId;

    /// <summary>The members, in the order they joined; in a joint configuration then those that leave.</summary>
    public IReadOnlyList<ClusterMember> Members { get; }

    /// <summary>Whether a change of members is half done: the voters before it count as well.</summary>
    public bool IsJoint => _message.Outgoing.Count > 0;

    /// <summary>The form that travels.</summary>
    public ClusterConfigurationMessage ToMessage() => _message;

    /// <summary>The payload of a configuration entry.</summary>
    public byte[] ToPayload() => _message.ToByteArray();

    /// <summary>The member with an id, or null.</summary>
    public ClusterMember? Find(MemberId id) => Members.FirstOrDefault(m => m.Id == id);

    /// <summary>The member with a birth id, or null.</summary>
    public ClusterMember? Find(Guid birthId) => birthId == default ? null : Members.FirstOrDefault(m => m.BirthId == birthId);

    /// <summary>Whether this id was given to a member once and is in the configuration no more. Ids are never given twice, so this is for good.</summary>
    public bool WasRemoved(MemberId id) => id.Value < _message.NextMemberId && Find(id) is null;

    /// <summary>The same with one more learner, to which the first blank folder that comes from this address will be bound.</summary>
    /// <param name="raftAddress">Where the new member's remoting will listen.</param>
    /// <param name="wantsVote">Whether the leader promotes it once it has caught up.</param>
    public ClusterConfiguration WithLearner(string raftAddress, bool wantsVote) => With(message => message.Members.Add(new ClusterMemberMessage
    {
        MemberId = message.NextMemberId++,
        BirthId = ByteString.CopyFrom(new byte[16]),
        RaftAddress = raftAddress,
        IsLearner = true,
        WantsVote = wantsVote,
    }));

    /// <summary>The same with a member bound to a folder: from now on only that one can be this member (R9).</summary>
    public ClusterConfiguration WithBinding(MemberId id, NodeIdentity folder) => With(id, member =>
    {
        member.BirthId = ByteString.CopyFrom(folder.BirthId.ToByteArray(bigEndian: true));
        member.Name = folder.Name;
        member.ClientUrls.Clear();
        member.ClientUrls.AddRange(folder.ClientUrls);
    });

    /// <summary>The same with a learner as a voter.</summary>
    public ClusterConfiguration WithVoter(MemberId id) => With(id, member =>
    {
        member.IsLearner = false;
        member.WantsVote = false;
    });

    /// <summary>The same with a member at another address. Learner or voter, it stays what it is (R10).</summary>
    public ClusterConfiguration WithAddress(MemberId id, string raftAddress) => With(id, member => member.RaftAddress = raftAddress);

    /// <summary>The same without a member.</summary>
    public ClusterConfiguration Without(MemberId id) => With(message => message.Members.Remove(message.Members.Single(m => m.MemberId == id.Value)));

    private ClusterConfiguration With(Action<ClusterConfigurationMessage> change)
    {
        ClusterConfigurationMessage message = _message.Clone();
        change(message);
        return From(message);
    }

    private ClusterConfiguration With(MemberId id, Action<ClusterMemberMessage> change) =>
        With(message => change(message.Members.Single(m => m.MemberId == id.Value)));
}

/// <summary>A member of the replicated configuration.</summary>
internal sealed record ClusterMember(
    MemberId Id, Guid BirthId, string Name, string RaftAddress, IReadOnlyList<string> ClientUrls, bool IsLearner)
{
    /// <summary>Whether the leader promotes this learner once it has caught up.</summary>
    public bool WantsVote { get; init; }

    /// <summary>Whether a folder has joined as this member.</summary>
    public bool IsBound => BirthId != default;
}

/// <summary>Tells Raft who votes, out of the payload of a configuration entry.</summary>
internal sealed class ClusterConfigurationCodec : IConfigurationCodec
{
    /// <inheritdoc/>
    public Raft.Configuration Decode(ReadOnlyMemory<byte> payload)
    {
        ClusterConfigurationMessage message = ClusterConfiguration.Parse(payload.Span).ToMessage();
        MemberId[] outgoing = [.. message.Outgoing.Select(m => new MemberId(m.MemberId))];
        MemberId[] learners = [.. message.Members.Where(m => m.IsLearner).Select(m => new MemberId(m.MemberId))];
        return new Raft.Configuration(
            [.. message.Members.Where(m => !m.IsLearner).Select(m => new MemberId(m.MemberId))],
            outgoing, learners.Except(outgoing), learners.Intersect(outgoing));
    }

    /// <summary>The part of a configuration that Raft needs, together with its encoded form.</summary>
    public static Raft.Configuration Decode(ClusterConfiguration configuration) =>
        Raft.Configuration.Decode(new ClusterConfigurationCodec(), configuration.ToPayload());

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodeJoint(Raft.Configuration current, Raft.Configuration target)
    {
        ClusterConfigurationMessage joint = ClusterConfiguration.Parse(target.Payload.Span).ToMessage().Clone();
        joint.Outgoing.Add(ClusterConfiguration.Parse(current.Payload.Span).ToMessage().Members.Where(m => !m.IsLearner));
        return joint.ToByteArray();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodeFinal(Raft.Configuration joint)
    {
        ClusterConfigurationMessage final = ClusterConfiguration.Parse(joint.Payload.Span).ToMessage().Clone();
        final.Outgoing.Clear();
        return final.ToByteArray();
    }
}
