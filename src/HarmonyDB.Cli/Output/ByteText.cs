using System.Globalization;
using System.Text;

namespace HarmonyDB.Cli.Output;

/// <summary>Keys and values as text on a command line and a screen.</summary>
internal static class ByteText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// For a table or a line of its own among others: text stands for itself; anything with control characters or bytes that are not
    /// UTF-8 is quoted and escaped, so that no value can break a line or steer a terminal.
    /// </summary>
    public static string ForLine(ReadOnlySpan<byte> bytes) => TryDecode(bytes, out var text) && !HasControl(text, "") ? text : Quote(bytes);

    /// <summary>For a value that is all of the output: as <see cref="ForLine"/>, but line breaks and tabs stand for themselves too.</summary>
    public static string ForWhole(ReadOnlySpan<byte> bytes) => TryDecode(bytes, out var text) && !HasControl(text, "\n\r\t") ? text : Quote(bytes);

    /// <summary>Reads a key or value from the command line.</summary>
    /// <param name="text">The argument.</param>
    /// <param name="isHex">Whether it is written in hexadecimal digits rather than as text.</param>
    /// <param name="bytes">What it stands for.</param>
    /// <returns>False when it is not hexadecimal although it should be.</returns>
    public static bool TryParse(string text, bool isHex, out byte[] bytes)
    {
        if (!isHex)
        {
            bytes = Encoding.UTF8.GetBytes(text);
            return true;
        }

        bytes = [];
        if (text.Length % 2 != 0 || text.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF"))
        {
            return false;
        }

        bytes = Convert.FromHexString(text);
        return true;
    }

    /// <summary>A number of bytes for people.</summary>
    public static string Size(long bytes) => bytes switch
    {
        < 1L << 10 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 1L << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.0} KiB"),
        < 1L << 30 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.0} GiB"),
    };

    /// <summary>A whole number for people.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (!System.Text.Unicode.Utf8.IsValid(bytes))
        {
            return false;
        }

        text = StrictUtf8.GetString(bytes);
        return true;
    }

    private static bool HasControl(string text, string allowed)
    {
        foreach (var character in text)
        {
            // Format characters can reorder what a terminal shows, so a reader would see another value than the one stored.
            var isHidden = char.IsControl(character) || char.GetUnicodeCategory(character) is UnicodeCategory.Format
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            if (isHidden && !allowed.Contains(character))
            {
                return true;
            }
        }

        return false;
    }

    private static string Quote(ReadOnlySpan<byte> bytes)
    {
        var quoted = new StringBuilder("\"", bytes.Length + 2);
        foreach (var value in bytes)
        {
            _ = value switch
            {
                (byte)'"' => quoted.Append("\\\""),
                (byte)'\\' => quoted.Append("\\\\"),
                (byte)'\n' => quoted.Append("\\n"),
                (byte)'\r' => quoted.Append("\\r"),
                (byte)'\t' => quoted.Append("\\t"),
                >= 0x20 and < 0x7f => quoted.Append((char)value),
                _ => quoted.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}"),
            };
        }

        return quoted.Append('"').ToString();
    }
}
