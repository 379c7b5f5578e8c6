namespace HarmonyDB.Cli.CommandLine;

/// <summary>A setting given on the command line as <c>path=value</c>.</summary>
internal static class SettingOverride
{
    /// <summary>
    /// Translates it into HOCON. The value is taken as a plain string, which HOCON converts to a number, duration or size where one is wanted;
    /// only a value that begins with <c>[</c>, <c>{</c> or <c>"</c> is taken as HOCON itself.
    /// </summary>
    /// <returns>False when it has no path or no equals sign.</returns>
    public static bool TryTranslate(string text, out string hocon)
    {
        hocon = "";
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var path = equals < 0 ? "" : text[..equals].Trim();
        if (path.Length == 0 || path.Any(character => !char.IsAsciiLetterOrDigit(character) && character is not ('.' or '-' or '_')))
        {
            return false;
        }

        var value = text[(equals + 1)..].Trim();
        hocon = value.StartsWith('[') || value.StartsWith('{') || value.StartsWith('"') ? $"{path} = {value}" : $"{path} = {Quote(value)}";
        return true;
    }

    /// <summary>A string as HOCON writes it, in quotes.</summary>
    public static string Quote(string value) =>
        "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
