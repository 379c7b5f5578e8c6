using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>Configurations as bytes: the number of voters, the voters, and the same for outgoing voters and learners.</summary>
internal sealed class ModelConfigurationCodec : IConfigurationCodec
{
    /// <inheritdoc/>
    public Configuration Decode(ReadOnlyMemory<byte> payload)
    {
        var bytes = payload.Span;
        var (voters, outgoing, learners) = (Take(ref bytes), Take(ref bytes), Take(ref bytes));
        return new Configuration(voters, outgoing, learners);
    }

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
