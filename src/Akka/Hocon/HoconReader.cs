using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Hocon;

/// <summary>Recursive descent over one text, giving the unresolved tree.</summary>
internal sealed class HoconReader(string text, HoconIncludeCallbackAsync? include, string[] scope, int depth)
{
    private const int IncludeDepthMax = 32;
    private const int NestingMax = 200;
    private const string Reserved = "$\"{}[]:=,#`^?!@*&\\";
    private const string EndsPathElement = " \t.:={}+\n\r,$[#";
    private int _at;
    private int _nesting;
    private int _counted;
    private int _line = 1;
    private int _lineStart;
    private bool AtEnd => _at >= text.Length;
    private char Current => AtEnd ? '\0' : text[_at];

    public HoconMap ReadDocument()
    {
        if (depth > IncludeDepthMax)
        {
            Fail($"Includes nest deeper than {IncludeDepthMax}");
        }

        SkipBlank(newLines: true);
        var braced = Current == '{';
        if (braced)
        {
            _at++;
        }

        var map = new HoconMap();
        ReadFields(map, [], braced);
        SkipBlank(newLines: true);
        if (!AtEnd)
        {
            Fail($"'{Current}' after the end of the document");
        }

        return map;
    }

    private void ReadFields(HoconMap map, string[] path, bool braced)
    {
        if (++_nesting > NestingMax)
        {
            Fail($"Values nest deeper than {NestingMax}");
        }

        SkipBlank(newLines: true);
        while (!(braced ? Current == '}' : AtEnd))
        {
            if (AtEnd)
            {
                Fail("'}' is missing");
            }

            if (IsInclude())
            {
                ReadInclude(map, path);
            }
            else
            {
                ReadField(map, path);
            }

            SkipBlank(newLines: false);
            if (!AtEnd && Current is not (',' or '\n' or '}' or '#' or '/'))
            {
                Fail($"'{Current}' where ',' or the end of the line was expected");
            }

            SkipBlank(newLines: true);
            if (Current == ',')
            {
                _at++;
                SkipBlank(newLines: true);
            }
        }

        _at += braced ? 1 : 0;
        _nesting--;
    }

    private void ReadField(HoconMap map, string[] path)
    {
        var key = ReadPath();
        SkipBlank(newLines: false);
        string[] full = [.. path, .. key];
        switch (Current)
        {
            case '{':
                map.Put(key, ReadValue(full));
                break;
            case ':' or '=':
                _at++;
                SkipBlank(newLines: true);
                map.Put(key, ReadValue(full));
                break;
            case '+' when Peek(1) == '=':
                var (line, column) = Position();
                _at += 2;
                SkipBlank(newLines: true);
                var added = new HoconList { Items = { ReadValue(full) } };
                map.Put(key, new HoconConcatenation([new HoconReference([.. scope, .. full], [], Optional: true, line, column), added], line, column));
                break;
            default:
                Fail($"'=' or ':' expected after the key '{string.Join('.', key)}'");
                break;
        }
    }

    private HoconNode ReadValue(string[] path)
    {
        var (line, column) = Position();
        var pieces = new List<HoconNode>();
        while (true)
        {
            var blanks = _at;
            SkipSpaces();
            var space = _at > blanks ? text[blanks.._at] : "";
            if (AtEnd || Current is '\n' or ',' or '}' or ']' or '#' || (Current == '/' && Peek(1) == '/'))
            {
                break;
            }

            if (space.Length > 0 && pieces.Count > 0)
            {
                pieces.Add(new HoconScalar(space, Quoted: false));
            }

            pieces.Add(ReadPiece(path));
        }

        return pieces.Count switch
        {
            0 => throw Error("A value is missing"),
            1 => pieces[0],
            _ => Joined(pieces, line, column),
        };
    }

    // Words joined by blanks need no resolver: they are one unquoted string, and so may be a duration or a size.
    private static HoconNode Joined(List<HoconNode> pieces, int line, int column) => pieces.TrueForAll(p => p is HoconScalar { Quoted: false, Text: not null })
        ? new HoconScalar(string.Concat(pieces.Select(p => ((HoconScalar)p).Text)), Quoted: false)
        : new HoconConcatenation(pieces, line, column);

    private HoconNode ReadPiece(string[] path)
    {
        switch (Current)
        {
            case '{':
                _at++;
                var map = new HoconMap();
                ReadFields(map, path, braced: true);
                return map;
            case '[':
                return ReadList(path);
            case '"':
                return new HoconScalar(ReadQuoted(), Quoted: true);
            case '$' when Peek(1) == '{':
                return ReadReference();
            default:
                var word = ReadUnquoted(inKey: false);
                return new HoconScalar(word == "null" ? null : word, Quoted: false);
        }
    }

    private HoconList ReadList(string[] path)
    {
        if (++_nesting > NestingMax)
        {
            Fail($"Values nest deeper than {NestingMax}");
        }

        var list = new HoconList();
        _at++;
        SkipBlank(newLines: true);
        while (Current != ']')
        {
            list.Items.Add(ReadValue(path));
            SkipBlank(newLines: false);
            if (!AtEnd && Current is not (',' or '\n' or ']'))
            {
                Fail($"'{Current}' where ',' or ']' was expected");
            }

            SkipBlank(newLines: true);
            if (Current == ',')
            {
                _at++;
                SkipBlank(newLines: true);
            }
        }

        _at++;
        _nesting--;
        return list;
    }

    private HoconReference ReadReference()
    {
        var (line, column) = Position();
        _at += 2;
        var optional = Current == '?';
        _at += optional ? 1 : 0;
        SkipSpaces();
        var path = ReadPath();
        SkipSpaces();
        if (Current != '}')
        {
            Fail("'}' expected at the end of the substitution");
        }

        _at++;
        return new HoconReference(path, scope, optional, line, column);
    }

    private string[] ReadPath()
    {
        var elements = new List<string>();
        var element = new StringBuilder();
        var quoted = false;
        while (true)
        {
            if (Current == '"')
            {
                element.Append(ReadQuoted());
                quoted = true;
            }
            else
            {
                element.Append(ReadUnquoted(inKey: true));
            }

            if (!AtEnd && !EndsPathElement.Contains(Current, StringComparison.Ordinal))
            {
                continue;
            }

            if (element.Length == 0 && !quoted)
            {
                Fail(AtEnd ? "A key is missing" : $"'{Current}' where a key was expected");
            }

            elements.Add(element.ToString());
            element.Clear();
            quoted = false;
            if (Current != '.')
            {
                return [.. elements];
            }

            _at++;
        }
    }

    private string ReadUnquoted(bool inKey)
    {
        var start = _at;
        while (!AtEnd && !char.IsWhiteSpace(Current) && !Reserved.Contains(Current, StringComparison.Ordinal)
            && !(Current == '.' && inKey) && !(Current == '/' && Peek(1) == '/') && !(Current == '+' && Peek(1) == '='))
        {
            _at++;
        }

        if (_at == start && !(inKey && !AtEnd && Current is '.' or ' ' or ':' or '=' or '}'))
        {
            Fail(AtEnd ? "The text ends where a value or key was expected" : $"'{Current}' must be quoted");
        }

        return text[start.._at];
    }

    private string ReadQuoted()
    {
        if (Peek(1) == '"' && Peek(2) == '"')
        {
            return ReadTripleQuoted();
        }

        var value = new StringBuilder();
        for (_at++; Current != '"'; _at++)
        {
            if (AtEnd || Current == '\n')
            {
                Fail("The closing '\"' is missing");
            }

            value.Append(Current == '\\' ? ReadEscape() : Current);
        }

        _at++;
        return value.ToString();
    }

    private char ReadEscape()
    {
        _at++;
        if (Current == 'u' && _at + 4 < text.Length
            && ushort.TryParse(text.AsSpan(_at + 1, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
        {
            _at += 4;
            return (char)code;
        }

        return Current switch
        {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\b',
            'f' => '\f',
            '"' or '\\' or '/' => Current,
            _ => throw Error($"Unknown escape '\\{Current}'"),
        };
    }

    private string ReadTripleQuoted()
    {
        var start = _at + 3;
        var end = text.IndexOf("\"\"\"", start, StringComparison.Ordinal);
        if (end < 0)
        {
            Fail("The closing '\"\"\"' is missing");
        }

        // Quotes beyond the third belong to the value.
        while (end + 3 < text.Length && text[end + 3] == '"')
        {
            end++;
        }

        _at = end + 3;
        return text[start..end];
    }

    private bool IsInclude() => string.CompareOrdinal(text, _at, "include", 0, 7) == 0 && Peek(7) is ' ' or '\t' && !IsKeyFollowing();

    private bool IsKeyFollowing()
    {
        var at = _at + 7;
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        return at < text.Length && text[at] is '=' or ':' or '{' or '+';
    }

    private void ReadInclude(HoconMap map, string[] path)
    {
        _at += 7;
        SkipSpaces();
        var start = _at;
        while (!AtEnd && Current is not ('"' or '\n'))
        {
            _at++;
        }

        var words = text[start.._at].Split('(', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (Current != '"')
        {
            Fail("include needs a quoted name");
        }

        var name = ReadQuoted();
        foreach (var _ in words)
        {
            SkipSpaces();
            if (Current != ')')
            {
                Fail("')' expected at the end of the include");
            }

            _at++;
        }

        var kind = words.LastOrDefault(w => w != "required") switch
        {
            null or "file" => HoconCallbackType.File,
            "url" => HoconCallbackType.Url,
            "classpath" or "resource" => HoconCallbackType.Resource,
            var other => throw Error($"Unknown include '{other}'"),
        };
        var content = include is null ? throw Error($"include \"{name}\" is not possible here") : include(kind, name).GetAwaiter().GetResult();
        if (string.IsNullOrWhiteSpace(content))
        {
            if (words.Contains("required"))
            {
                Fail($"The required include \"{name}\" is missing or empty");
            }

            return;
        }

        var included = new HoconReader(content, include, [.. scope, .. path], depth + 1).ReadDocument();
        foreach (var (key, value) in included.Fields)
        {
            map.Put([key], value);
        }
    }

    private void SkipSpaces()
    {
        while (!AtEnd && Current != '\n' && char.IsWhiteSpace(Current))
        {
            _at++;
        }
    }

    private void SkipBlank(bool newLines)
    {
        while (!AtEnd)
        {
            SkipSpaces();
            if (Current == '#' || (Current == '/' && Peek(1) == '/'))
            {
                var end = text.IndexOf('\n', _at);
                _at = end < 0 ? text.Length : end;
            }
            else if (newLines && Current == '\n')
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private char Peek(int offset) => _at + offset < text.Length ? text[_at + offset] : '\0';

    // Counts on from the last call, so that a long document is walked once.
    private (int Line, int Column) Position()
    {
        for (; _counted < Math.Min(_at, text.Length); _counted++)
        {
            if (text[_counted] == '\n')
            {
                _line++;
                _lineStart = _counted + 1;
            }
        }

        return (_line, _at - _lineStart + 1);
    }

    [DoesNotReturn]
    private void Fail(string message) => throw Error(message);

    private HoconParserException Error(string message)
    {
        var (line, column) = Position();
        return new HoconParserException(message, line, column);
    }
}
