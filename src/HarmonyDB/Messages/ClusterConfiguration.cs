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
        Members = message.Members.Select(m => new ClusterMember(
            new MemberId(m.MemberId), new Guid(m.BirthId.Span, bigEndian: true), m.Name, m.RaftAddress, [.. m.ClientUrls], m.IsLearner)).ToArray();
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
            && message.Members.Any(m => !m.IsLearner);
        return sound
            ? new ClusterConfiguration(message)
            : throw new MalformedMessageException("A cluster configuration names no cluster, no voter, or a member twice.");
    }

    /// <summary>The cluster.</summary>
    public ulong ClusterId => _message.ClusterId;

    /// <summary>The members, in the order they joined.</summary>
    public IReadOnlyList<ClusterMember> Members { get; }

    /// <summary>The form that travels.</summary>
    public ClusterConfigurationMessage ToMessage() => _message;

    /// <summary>The payload of a configuration entry.</summary>
    public byte[] ToPayload() => _message.ToByteArray();

    /// <summary>The member with an id, or null.</summary>
    public ClusterMember? Find(MemberId id) => Members.FirstOrDefault(m => m.Id == id);

    /// <summary>The member with a birth id, or null.</summary>
    public ClusterMember? Find(Guid birthId) => Members.FirstOrDefault(m => m.BirthId == birthId);
}

/// <summary>A member of the replicated configuration.</summary>
internal sealed record ClusterMember(
    MemberId Id, Guid BirthId, string Name, string RaftAddress, IReadOnlyList<string> ClientUrls, bool IsLearner);

/// <summary>Tells Raft who votes, out of the payload of a configuration entry.</summary>
internal sealed class ClusterConfigurationCodec : IConfigurationCodec
{
    /// <inheritdoc/>
    public Raft.Configuration Decode(ReadOnlyMemory<byte> payload) => Decode(ClusterConfiguration.Parse(payload.Span));

    /// <summary>The part of a configuration that Raft needs.</summary>
    public static Raft.Configuration Decode(ClusterConfiguration configuration) => new(
        [.. configuration.Members.Where(m => !m.IsLearner).Select(m => m.Id)],
        [],
        [.. configuration.Members.Where(m => m.IsLearner).Select(m => m.Id)]);
}
