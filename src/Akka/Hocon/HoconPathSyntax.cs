using System.Text;

namespace Hocon;

/// <summary>Dotted paths, whose elements may be quoted: <c>a.b."c.d"</c>.</summary>
internal static class HoconPathSyntax
{
    public static string[] Split(string path)
    {
        if (!path.Contains('"', StringComparison.Ordinal))
        {
            return path.Split('.', StringSplitOptions.TrimEntries);
        }

        var elements = new List<string>();
        var element = new StringBuilder();
        var quoted = false;
        foreach (var c in path)
        {
            if (c == '"')
            {
                quoted = !quoted;
            }
            else if (c == '.' && !quoted)
            {
                elements.Add(element.ToString());
                element.Clear();
            }
            else
            {
                element.Append(c);
            }
        }

        elements.Add(element.ToString());
        return [.. elements];
    }
}
