using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace HarmonyDB.Raft.Tests;

/// <summary>
/// Each known fault of Raft implementations (R1 to R61) has a test that bears its id, somewhere in the repository, or is in the list of those that wait
/// for a part that does not exist yet. The table in this project's DESIGN.md says where, and names nothing that is not there.
/// </summary>
public sealed partial class FaultRowsTests
{
    private const int Rows = 61;

    private static readonly string Folder = Path.GetDirectoryName(SourcePath())!;
    private static readonly string Design = File.ReadAllText(Path.Combine(Folder, "DESIGN.md"));

    [Fact]
    public void EveryRow_HasATestOfItsName_OrWaitsForAnotherPart()
    {
        var tested = Transcripts().Select(name => TranscriptName().Match(name)).Where(match => match.Success).Select(match => match.Groups[1].Value)
            .Concat(TestNames().SelectMany(name => RowInName().Matches(name)).Select(match => match.Groups[1].Value))
            .Select(row => int.Parse(row, CultureInfo.InvariantCulture))
            .ToHashSet();
        var waiting = RowsUnder("## What waits");

        Assert.Empty(Enumerable.Range(1, Rows).Except(tested).Except(waiting).Select(row => $"R{row}"));
    }

    [Fact]
    public void Table_HasEachRowOnce_AndOnlyRows() => Assert.Equal(Enumerable.Range(1, Rows), RowsUnder("## Where each fault is tested"));

    [Fact]
    public void Table_NamesOnlyWhatThereIs()
    {
        var known = Transcripts().Concat(TestNames()).Concat(Sources().Select(Path.GetFileNameWithoutExtension)).ToHashSet();
        var named = Lines("## Where each fault is tested").SelectMany(line => Quoted().Matches(line)).Select(match => match.Groups[1].Value);

        Assert.All(named, name => Assert.Contains(name, known));
    }

    private static IEnumerable<int> RowsUnder(string heading) =>
        Lines(heading).Select(line => int.Parse(RowOfTable().Match(line).Groups[1].Value, CultureInfo.InvariantCulture));

    // The rows of the table that follows a heading.
    private static IEnumerable<string> Lines(string heading) =>
        Design.Split('\n').SkipWhile(line => line != heading).Skip(1).TakeWhile(line => !line.StartsWith('#')).Where(line => RowOfTable().IsMatch(line));

    private static IEnumerable<string> Transcripts() =>
        Directory.GetFiles(Path.Combine(Folder, "Transcripts"), "*.txt").Select(path => Path.GetFileNameWithoutExtension(path));

    private static IEnumerable<string> TestNames() =>
        Sources().SelectMany(path => TestMethod().Matches(File.ReadAllText(path))).Select(match => match.Groups[1].Value);

    private static IEnumerable<string> Sources() =>
        Directory.EnumerateFiles(Path.GetDirectoryName(Folder)!, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

    private static string SourcePath([CallerFilePath] string file = "") => file;

    [GeneratedRegex(@"^r(\d+)_")]
    private static partial Regex TranscriptName();

    [GeneratedRegex(@"public (?:async )?(?:void|Task) (\w+)\(")]
    private static partial Regex TestMethod();

    [GeneratedRegex(@"(?<=^|_)R(\d+)(?=_)")]
    private static partial Regex RowInName();

    [GeneratedRegex(@"^\| R(\d+) \|")]
    private static partial Regex RowOfTable();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
