using System.Globalization;
using System.Text;

namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>
/// Configurations as text: <c>1 2 3</c>; <c>1 2 3|4</c> with a learner; <c>1 2 4|3|1 2 3</c> joint, from the voters after the second bar, with
/// 3 to become a learner. What follows a slash is a note, as a host keeps addresses.
/// </summary>
internal sealed class TextConfigurationCodec : IConfigurationCodec
{
    public static byte[] Encode(string text) => Encoding.UTF8.GetBytes(text);

    public static Configuration Parse(string text) => Configuration.Decode(new TextConfigurationCodec(), Encode(text));

    public Configuration Decode(ReadOnlyMemory<byte> payload)
    {
        var parts = Encoding.UTF8.GetString(payload.Span).Split('/')[0].Split('|');
        var learners = Members(parts, 1);
        var outgoing = Members(parts, 2);
        return new Configuration(Members(parts, 0), outgoing, learners.Except(outgoing), learners.Intersect(outgoing));
    }

    public ReadOnlyMemory<byte> EncodeJoint(Configuration current, Configuration target) =>
        Encode($"{List(target.Voters)}|{List(target.Learners)}|{List(current.Voters)}");

    public ReadOnlyMemory<byte> EncodeFinal(Configuration joint) => Encode($"{List(joint.Voters)}|{List(joint.Learners.Concat(joint.LearnersNext))}");

    private static string List(IEnumerable<MemberId> members) =>
        string.Join(' ', members.Select(member => member.Value.ToString(CultureInfo.InvariantCulture)));

    private static List<MemberId> Members(string[] parts, int part) => parts.Length <= part
        ? []
        : [.. parts[part].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => new MemberId(ulong.Parse(id, CultureInfo.InvariantCulture)))];
}
