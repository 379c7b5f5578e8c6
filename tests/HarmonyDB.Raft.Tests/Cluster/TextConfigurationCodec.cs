using System.Globalization;
using System.Text;

namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>Configurations as text, such as <c>1 2 3</c>, or <c>1 2 3|4</c> with a learner.</summary>
internal sealed class TextConfigurationCodec : IConfigurationCodec
{
    public static byte[] Encode(string text) => Encoding.UTF8.GetBytes(text);

    public static Configuration Parse(string text)
    {
        var parts = text.Split('|');
        return new Configuration(Members(parts[0]), [], parts.Length > 1 ? Members(parts[1]) : []);
    }

    public Configuration Decode(ReadOnlyMemory<byte> payload) => Parse(Encoding.UTF8.GetString(payload.Span));

    private static IEnumerable<MemberId> Members(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => new MemberId(ulong.Parse(id, CultureInfo.InvariantCulture)));
}
