using System.Globalization;
using System.Text;

namespace Hocon;

internal static class HoconPrinter
{
    private const int IndentSize = 2;

    public static string Print(HoconNode node)
    {
        var text = new StringBuilder();
        Write(text, node, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, HoconNode node, int indent)
    {
        switch (node)
        {
            case HoconMap map:
                text.Append('{').Append('\n');
                foreach (var (key, value) in map.Fields)
                {
                    text.Append(' ', (indent + 1) * IndentSize);
                    WriteString(text, key, quoted: !key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') || key.Length == 0);
                    text.Append(" : ");
                    Write(text, value, indent + 1);
                    text.Append('\n');
                }

                text.Append(' ', indent * IndentSize).Append('}');
                break;
            case HoconList list:
                text.Append('[');
                for (var i = 0; i < list.Items.Count; i++)
                {
                    text.Append(i == 0 ? "" : ",");
                    Write(text, list.Items[i], indent + 1);
                }

                text.Append(']');
                break;
            case HoconScalar { Text: null }:
                text.Append("null");
                break;
            case HoconScalar scalar:
                // A quoted "null" must stay a string; other plain words read the same with and without quotes.
                var plain = !scalar.Quoted && scalar.Text.Length > 0 && scalar.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
                WriteString(text, scalar.Text, !plain);
                break;
            default:
                throw new InvalidOperationException($"An unresolved {node.GetType().Name} cannot be printed.");
        }
    }

    private static void WriteString(StringBuilder text, string value, bool quoted)
    {
        if (!quoted)
        {
            text.Append(value);
            return;
        }

        text.Append('"');
        foreach (var c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                < ' ' => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
