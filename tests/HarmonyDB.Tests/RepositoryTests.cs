using System.Text.RegularExpressions;
using Xunit;

namespace HarmonyDB.Tests;

/// <summary>What the repository promises of itself, checked on its own text.</summary>
public sealed partial class RepositoryTests
{
    private const int FileLinesMaximum = 500;
    private const int StandInLinesMaximum = 6000;

    // Each waits for something outside its process that reports nothing, and says so with a condition and a limit.
    private static readonly string[] MayDelay =
    [
        "tests/HarmonyDB.Faults/DiskStall/DiskStallProgram.cs",
        "tests/HarmonyDB.Faults/FlushOrder/Tracer.cs",
        "tests/HarmonyDB.Faults/KillLeader/KillLeaderProgram.cs",
        "tests/HarmonyDB.Faults/KillLeader/Writers.cs",
        "tests/HarmonyDB.Faults/Kills/KillsProgram.cs",
        "tests/HarmonyDB.Faults/Membership/MembershipProgram.cs",
        "tests/HarmonyDB.Faults/Pauses/PausesProgram.cs",
        "tests/HarmonyDB.Faults/PowerCuts/PowerCutsProgram.cs",
        "tests/HarmonyDB.Faults/Registers/Progress.cs",
        "tests/HarmonyDB.Faults/Registers/RegisterClients.cs",
        "tests/HarmonyDB.Testing/ClusterProcesses.cs",
        "tests/HarmonyDB.Testing/LoopFileSystem.cs",
        "tests/HarmonyDB.Tests/Poll.cs",
    ];

    private static readonly string Root = FindRoot();

    [Fact]
    public void Files_OfSourceAndTests_AreNotTooLong() => Assert.DoesNotContain(
        Files("src").Concat(Files("tests")).Select(f => (f.Path, Lines: Lines(f.Text).Length)), f => f.Lines > FileLinesMaximum);

    [Fact]
    public void StandIn_OfAkka_StaysSmall()
    {
        // Lines that carry code: documentation, blank lines and lone braces are no burden to whoever replaces it.
        int lines = Files("src/Akka").Sum(f => Lines(f.Text).Count(l => CodeLine().IsMatch(l)));
        Assert.InRange(lines, 1, StandInLinesMaximum);
    }

    [Fact]
    public void Projects_OfTheProduct_SayWhatTheyAreFor() => Assert.All(
        Directory.GetDirectories(Path.Combine(Root, "src"), "HarmonyDB*"), folder => Assert.True(File.Exists(Path.Combine(folder, "DESIGN.md")), folder));

    [Fact]
    public void Code_OfSourceAndTests_IsFinished() => Assert.DoesNotContain(
        Files("src").Concat(Files("tests")), f => Unfinished().IsMatch(f.Text));

    [Fact]
    public void Tests_WaitForConditions_AndDoNotSleep()
    {
        string[] sleepers = [.. Files("tests").Where(f => Sleep().IsMatch(f.Text)).Select(f => f.Path).Order(StringComparer.Ordinal)];
        Assert.Equal(MayDelay, sleepers);
    }

    // A delay without end is a way to await cancellation.
    [GeneratedRegex(@"Thread\.Sleep\(|Task\.Delay\((?!Timeout\.Infinite)")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"throw new NotImplemented|=> throw new NotSupportedException\(\)|//\s*(TODO|FIXME|HACK|XXX)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"^\s*(?!//)[^\s{}]")]
    private static partial Regex CodeLine();

    private static IEnumerable<(string Path, string Text)> Files(string folder) =>
        from path in Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, path).Replace('\\', '/')
        where !relative.Split('/').Any(part => part is "obj" or "bin") && !relative.EndsWith("/RepositoryTests.cs", StringComparison.Ordinal)
        select (relative, File.ReadAllText(path));

    private static string[] Lines(string text) => text.TrimEnd('\n').Split('\n');

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "HarmonyDB.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not in the repository: no folder above it has HarmonyDB.sln.");
    }
}
