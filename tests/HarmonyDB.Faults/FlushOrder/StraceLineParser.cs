using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>
/// Reads lines that <c>strace -ff -ttt -T -yy</c> wrote: <c>1700000000.123456 pwrite64(9&lt;/path&gt;, "data", 4, 0) = 4 &lt;0.000026&gt;</c>.
/// With <c>-ff</c> each thread has its own file, so no call is torn into two lines.
/// </summary>
internal static partial class StraceLineParser
{
    private const string ResultMark = ") = ";

    /// <summary>Reads the file of one thread. Its last line may be cut off anywhere, where the thread was killed.</summary>
    /// <exception cref="FormatException">A line is none of strace, or its data were cut short by a limit of strace.</exception>
    public static IEnumerable<TracedCall> ParseFile(IEnumerable<string> lines)
    {
        string? previous = null;
        foreach (var line in lines)
        {
            if (previous is not null && Parse(previous) is { } call)
            {
                yield return call;
            }

            previous = line;
        }

        if (previous is not null && EndOfCall().IsMatch(previous) && Parse(previous) is { } last)
        {
            yield return last;
        }
    }

    /// <summary>Reads a line.</summary>
    /// <returns>The call; null for a line that is none (a signal, an exit), and for a call that the end of the process cut off.</returns>
    /// <exception cref="FormatException">The line is neither, or its data were cut short by a limit of strace.</exception>
    public static TracedCall? Parse(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
        {
            throw new FormatException($"Not a line of strace: {Shown(line)}");
        }

        var call = line[(space + 1)..];
        if (call.StartsWith("+++", StringComparison.Ordinal) || call.StartsWith("---", StringComparison.Ordinal))
        {
            return null;
        }

        // The last one: data may contain the mark, what follows the data does not.
        var resultAt = call.LastIndexOf(ResultMark, StringComparison.Ordinal);
        if (resultAt < 0 || call[resultAt + ResultMark.Length] == '?')
        {
            return call.Contains("<unfinished ...>", StringComparison.Ordinal) || resultAt >= 0
                ? null
                : throw new FormatException($"A call without a result: {Shown(line)}");
        }

        if (!EndOfCall().IsMatch(call))
        {
            throw new FormatException($"A call without a duration: {Shown(line)}");
        }

        var start = Microseconds(line.AsSpan(0, space));
        var resultText = call.AsSpan(resultAt + ResultMark.Length);
        var durationAt = resultText.LastIndexOf('<');
        var end = start + Microseconds(resultText[(durationAt + 1)..].TrimEnd('>'));
        var firstSpace = resultText.IndexOf(' ');
        var result = long.Parse(resultText[..firstSpace], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

        var parenthesis = call.IndexOf('(', StringComparison.Ordinal);
        var data = Data(call.AsSpan(parenthesis, resultAt - parenthesis));
        return new TracedCall(start, end, call[..parenthesis], Descriptor(call, parenthesis + 1), Taken(data, result), result);
    }

    /// <summary>How long it took: what strace writes last.</summary>
    [GeneratedRegex(@"<\d+\.\d{6}>$")]
    private static partial Regex EndOfCall();

    private static byte[] Taken(byte[] data, long result) => result >= data.Length ? data : data[..(int)Math.Max(0, result)];

    private static long Microseconds(ReadOnlySpan<char> seconds) =>
        (long)(decimal.Parse(seconds, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * 1_000_000);

    private static string Descriptor(string call, int from)
    {
        var open = from;
        while (open < call.Length && char.IsAsciiDigit(call[open]))
        {
            open++;
        }

        if (open == call.Length || call[open] != '<')
        {
            return "";
        }

        // A socket's own description has a '>' inside, so the end is one before a comma or a parenthesis.
        for (var close = call.IndexOf('>', open); close >= 0 && close + 1 < call.Length; close = call.IndexOf('>', close + 1))
        {
            if (call[close + 1] is ',' or ')')
            {
                return call[(open + 1)..close];
            }
        }

        return "";
    }

    /// <summary>The bytes of all quoted strings in the arguments, one after the other: the pieces of a gathered write follow each other in it.</summary>
    private static byte[] Data(ReadOnlySpan<char> arguments)
    {
        var data = new MemoryStream();
        for (var at = arguments.IndexOf('"'); at >= 0 && at < arguments.Length;)
        {
            at++;
            while (arguments[at] != '"')
            {
                data.WriteByte(arguments[at] == '\\' ? Escaped(arguments, ref at) : (byte)arguments[at]);
                at++;
            }

            if (arguments[(at + 1)..].StartsWith("..."))
            {
                throw new FormatException("strace cut the data of a call short; give it a larger -s.");
            }

            var next = arguments[(at + 1)..].IndexOf('"');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return data.ToArray();
    }

    /// <summary>Reads an escape; leaves the position on its last character.</summary>
    private static byte Escaped(ReadOnlySpan<char> text, ref int at)
    {
        at++;
        var number = 0;
        var digits = 0;
        while (digits < 3 && text[at + digits] is >= '0' and <= '7')
        {
            number = (number * 8) + (text[at + digits] - '0');
            digits++;
        }

        if (digits > 0)
        {
            at += digits - 1;
            return (byte)number;
        }

        return text[at] switch
        {
            'n' => (byte)'\n',
            't' => (byte)'\t',
            'r' => (byte)'\r',
            'v' => (byte)'\v',
            'f' => (byte)'\f',
            '"' => (byte)'"',
            '\\' => (byte)'\\',
            _ => throw new FormatException($"An escape that strace does not write: \\{text[at]}"),
        };
    }

    private static string Shown(string line) => new StringBuilder(line, 0, Math.Min(line.Length, 200), 200).ToString();
}
