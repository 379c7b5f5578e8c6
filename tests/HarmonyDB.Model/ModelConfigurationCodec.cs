using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>Configurations as bytes: for voters, outgoing voters, learners and next learners in turn, how many there are and then each.</summary>
internal sealed class ModelConfigurationCodec : IConfigurationCodec
{
    /// <summary>The one codec; it holds nothing.</summary>
    public static ModelConfigurationCodec Instance { get; } = new();

    /// <summary>A configuration of voters alone, one for each bit set.</summary>
    public static byte[] EncodeVoters(int mask) => Encode(
        [.. Enumerable.Range(0, ClusterState.Members).Where(bit => (mask & (1 << bit)) != 0).Select(bit => new MemberId((ulong)bit + 1))], [], [], []);

    /// <inheritdoc/>
    public Configuration Decode(ReadOnlyMemory<byte> payload)
    {
        var bytes = payload.Span;
        var (voters, outgoing, learners, learnersNext) = (Take(ref bytes), Take(ref bytes), Take(ref bytes), Take(ref bytes));
        return new Configuration(voters, outgoing, learners, learnersNext);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodeJoint(Configuration current, Configuration target) => Encode(
        target.Voters, current.Voters, [.. target.Learners.Except(current.Voters)], [.. target.Learners.Intersect(current.Voters)]);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> EncodeFinal(Configuration joint) => Encode(joint.Voters, [], [.. joint.Learners, .. joint.LearnersNext], []);

    private static byte[] Encode(params IReadOnlyList<MemberId>[] lists) =>
        [.. lists.SelectMany(list => list.Select(member => (byte)member.Value).Prepend((byte)list.Count))];

    private static List<MemberId> Take(ref ReadOnlySpan<byte> bytes)
    {
        var members = new List<MemberId>();
        foreach (var id in bytes[1..(1 + bytes[0])])
        {
            members.Add(new MemberId(id));
        }
        bytes = bytes[(1 + bytes[0])..];
        return members;
    }
}
