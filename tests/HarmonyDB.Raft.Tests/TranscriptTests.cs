using System.Runtime.CompilerServices;
using System.Text;

namespace HarmonyDB.Raft.Tests;

/// <summary>
/// Replays the scripts in <c>Transcripts/</c> and compares what happens with what they say happens. Run with the environment variable
/// HARMONY_REWRITE=1 to write down what happens now instead, and review the difference.
/// </summary>
public sealed class TranscriptTests
{
    private const string Separator = "----";

    public static TheoryData<string> Scripts =>
        [.. Directory.GetFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Script_Replayed_HappensAsWritten(string script)
    {
        var path = Path.Combine(Folder(), script + ".txt");
        var expected = File.ReadAllText(path);
        var actual = Replay(expected.Split('\n'));
        if (Environment.GetEnvironmentVariable("HARMONY_REWRITE") == "1")
        {
            File.WriteAllText(path, actual);
            return;
        }
        Assert.Equal(expected, actual);
    }

    // A script is comments, and commands each followed by the separator, what happens, and an empty line.
    private static string Replay(string[] lines)
    {
        var runner = new TranscriptRunner();
        var text = new StringBuilder();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].Length == 0 || lines[i].StartsWith('#'))
            {
                text.Append(lines[i]).Append('\n');
                continue;
            }
            text.Append(lines[i]).Append('\n').Append(Separator).Append('\n').Append(runner.Run(lines[i])).Append('\n');
            if (i + 1 < lines.Length && lines[i + 1] == Separator)
            {
                for (i++; i + 1 < lines.Length && lines[i + 1].Length > 0;)
                {
                    i++;
                }
            }
            if (i + 1 < lines.Length && lines[i + 1].Length == 0)
            {
                i++;
            }
        }
        return text.ToString().TrimEnd('\n') + "\n";
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "Transcripts");
}
