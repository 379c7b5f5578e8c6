namespace Hocon;

public enum HoconCallbackType
{
    File = 0,
    Url = 1,
    Resource = 2,
}

/// <summary>Gives the text that an <c>include</c> names; null or blank text stands for an empty object.</summary>
public delegate Task<string> HoconIncludeCallbackAsync(HoconCallbackType callbackType, string value);

/// <summary>Parses HOCON text: comments, includes, dotted keys, merging, concatenation and substitution.</summary>
public static class HoconParser
{
    /// <summary>
    /// Parses a text. Substitutions are looked up in the document, then in the environment. Includes are read through the callback;
    /// an include without a callback is an error.
    /// </summary>
    /// <exception cref="HoconParserException">The text is not HOCON, nests too deep, or refers to what is not there.</exception>
    public static HoconRoot Parse(string text, HoconIncludeCallbackAsync? includeCallback = null) => Parse(text, includeCallback, useEnvironment: true);

    internal static HoconRoot Parse(string text, HoconIncludeCallbackAsync? includeCallback, bool useEnvironment)
    {
        ArgumentNullException.ThrowIfNull(text);
        var root = new HoconReader(text, includeCallback, [], depth: 0).ReadDocument();
        new HoconResolver(root, useEnvironment).Run();
        return new HoconRoot(root);
    }
}
