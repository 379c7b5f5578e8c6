namespace Hocon;

/// <summary>Parses HOCON text: comments, includes, dotted keys, merging, concatenation and substitution.</summary>
public sealed class HoconParser
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
