using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>The tables of docs/format.md, and their comparison with bytes that the code wrote.</summary>
internal static class FormatDocument
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(Root(), "docs", "format.md"));

    /// <summary>A table of a section.</summary>
    /// <param name="heading">The section's heading, without its number signs.</param>
    /// <param name="index">Which table of the section, from 0.</param>
    /// <returns>Its rows without the heading, each with the text of its cells.</returns>
    internal static List<string[]> Table(string heading, int index = 0)
    {
        int start = Array.FindIndex(Lines, line => line.StartsWith('#') && line.TrimStart('#').Trim() == heading);
        Assert.True(start >= 0, $"docs/format.md has no section '{heading}'.");
        var rows = new List<string[]>();
        int table = -1;
        for (int i = start + 1; i < Lines.Length && !Lines[i].StartsWith('#'); i++)
        {
            if (!Lines[i].StartsWith('|'))
            {
                continue;
            }

            if (!Lines[i - 1].StartsWith('|'))
            {
                // The heading of a table, and the line below it.
                table++;
                i++;
            }
            else if (table == index)
            {
                rows.Add([.. Lines[i].Trim('|').Split('|').Select(static cell => cell.Trim())]);
            }
        }

        Assert.True(rows.Count > 0, $"The section '{heading}' of docs/format.md has no table {index}.");
        return rows;
    }

    /// <summary>
    /// Compares rows of offset, length and content with bytes that the code wrote: each field is where a row says, each row has a field, and bytes
    /// that no row names are zero.
    /// </summary>
    /// <param name="rows">The rows; their last cell is the content.</param>
    /// <param name="image">The bytes.</param>
    /// <param name="fields">How the content of each row begins, in order, and what the code put there: a number, characters, or bytes.</param>
    internal static void AssertDescribes(IReadOnlyList<string[]> rows, ReadOnlySpan<byte> image, params (string Content, object Value)[] fields)
    {
        Assert.Equal(fields.Length, rows.Count);
        byte[] unnamed = image.ToArray();
        for (int i = 0; i < fields.Length; i++)
        {
            string content = rows[i][^1];
            Assert.StartsWith(fields[i].Content, content);
            int offset = Number(rows[i][^3]);
            byte[] expected = fields[i].Value switch
            {
                byte[] bytes => bytes,
                string text => Encoding.ASCII.GetBytes(text),
                IConvertible number => [.. BitConverter.GetBytes(number.ToUInt64(CultureInfo.InvariantCulture)).Take(Number(rows[i][^2]))],
                _ => throw new InvalidOperationException("What is expected must be a number, characters, or bytes."),
            };
            if (int.TryParse(rows[i][^2].Replace(",", "", StringComparison.Ordinal), out int length))
            {
                Assert.True(length == expected.Length, $"'{content}' is {expected.Length} bytes long, not {length}.");
            }

            string actual = Convert.ToHexString(image.Slice(offset, expected.Length));
            Assert.True(actual == Convert.ToHexString(expected), $"'{content}' is {Convert.ToHexString(expected)}, and at offset {offset} is {actual}.");
            unnamed.AsSpan(offset, expected.Length).Clear();
        }

        int stray = unnamed.AsSpan().IndexOfAnyExcept((byte)0);
        Assert.True(stray < 0, $"No row names byte {stray}, which is not zero.");
    }

    /// <summary>A number as the document writes it, with commas.</summary>
    internal static int Number(string cell) => int.Parse(cell, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);

    private static string Root([CallerFilePath] string file = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", "..", ".."));
}
