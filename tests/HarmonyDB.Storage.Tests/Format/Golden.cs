using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace HarmonyDB.Storage.Tests.Format;

/// <summary>Files that tests compare with what the code does now. HARMONY_REWRITE=1 writes them anew instead; review the difference.</summary>
internal static class Golden
{
    private const int BytesPerLine = 16;

    private static bool IsRewriting => Environment.GetEnvironmentVariable("HARMONY_REWRITE") == "1";

    /// <summary>Compares bytes with a dump under Golden/.</summary>
    internal static void AssertBytes(string name, ReadOnlySpan<byte> bytes)
    {
        string path = Path.Combine(Folder("Golden"), name + ".hex");
        string actual = Dump(bytes);
        if (IsRewriting)
        {
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing: run this test with HARMONY_REWRITE=1 and review what it writes.");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>A file under Fixtures/, written anew first if that is asked for.</summary>
    internal static byte[] Fixture(string name, Func<byte[]> create)
    {
        string path = Path.Combine(Folder("Fixtures"), name);
        if (IsRewriting)
        {
            File.WriteAllBytes(path, create());
        }

        return File.ReadAllBytes(path);
    }

    /// <summary>The names of the files under Fixtures/ with an ending.</summary>
    internal static IEnumerable<string> Fixtures(string ending) =>
        Directory.GetFiles(Folder("Fixtures"), "*" + ending).Select(static path => Path.GetFileName(path)).Order();

    /// <summary>Offset, sixteen bytes in hexadecimal, the same as characters; a star stands for lines that repeat the one above.</summary>
    private static string Dump(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        string previous = "";
        bool isRepeating = false;
        for (int offset = 0; offset < bytes.Length; offset += BytesPerLine)
        {
            ReadOnlySpan<byte> line = bytes[offset..Math.Min(bytes.Length, offset + BytesPerLine)];
            string hex = string.Join(' ', line.ToArray().Select(static value => value.ToString("x2", CultureInfo.InvariantCulture)));
            if (hex == previous && offset + BytesPerLine < bytes.Length)
            {
                text.Append(isRepeating ? "" : "*\n");
                isRepeating = true;
                continue;
            }

            isRepeating = false;
            previous = hex;
            string characters = string.Concat(line.ToArray().Select(static value => value is > 0x20 and < 0x7F ? (char)value : '.'));
            text.Append(CultureInfo.InvariantCulture, $"{offset:x5}  {hex,-47}  {characters}\n");
        }

        return text.Append(CultureInfo.InvariantCulture, $"{bytes.Length:x5}\n").ToString();
    }

    private static string Folder(string name, [CallerFilePath] string file = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, "..", name));
}
