using Akka.Configuration;
using HarmonyDB.Configuration;
using Xunit;

namespace HarmonyDB.Tests.Configuration;

public sealed class HarmonyConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_File_SaysWhatIsInItAndNoDefaults()
    {
        Config config = HarmonyConfig.Load(_folder.Write("node.conf", "harmony { name = n1 } # and no more"));
        Assert.Equal("n1", config.GetString("harmony.name"));
        Assert.False(config.HasPath("harmony.raft"));
    }

    [Fact]
    public void Load_Include_IsReadRelativeToTheFolderOfTheFile()
    {
        _folder.Write("common/all.conf", "include \"common/more.conf\"\nraft.heartbeat-interval = 75ms");
        _folder.Write("common/more.conf", "name = n2");
        Config config = HarmonyConfig.Load(_folder.Write("node.conf", "harmony {\n include \"common/all.conf\"\n data-dir = x\n}"));
        Assert.Equal("n2", config.GetString("harmony.name"));
        Assert.Equal("75ms", config.GetString("harmony.raft.heartbeat-interval"));
        Assert.Equal("x", config.GetString("harmony.data-dir"));
    }

    [Fact]
    public void Load_Substitution_IsLookedUpInTheFileAndThenInTheEnvironment()
    {
        const string Variable = "HARMONY_TEST_LOAD_SUBSTITUTION";
        string path = _folder.Write("node.conf", $$"""
            base = "/var"
            harmony.name = n1
            harmony.name = ${?{{Variable}}}
            harmony.data-dir = ${base}/lib
            """);
        Assert.Equal("n1", HarmonyConfig.Load(path).GetString("harmony.name"));
        Environment.SetEnvironmentVariable(Variable, "n3");
        try
        {
            Config config = HarmonyConfig.Load(path);
            Assert.Equal("n3", config.GetString("harmony.name"));
            Assert.Equal("/var/lib", config.GetString("harmony.data-dir"));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Fact]
    public void Load_MissingFile_IsAProblemThatNamesIt() => AssertProblem(_folder.File("nowhere.conf"), "cannot be read", "nowhere.conf");

    [Fact]
    public void Load_Folder_IsAProblem() => AssertProblem(_folder.FullPath, "cannot be read", _folder.FullPath);

    [Fact]
    public void Load_MissingInclude_IsAProblemThatNamesIt() =>
        AssertProblem(_folder.Write("node.conf", "include \"missing.conf\""), "cannot be read", "missing.conf");

    [Fact]
    public void Load_FileThatIncludesItself_IsAProblem() => AssertProblem(_folder.Write("node.conf", "include \"node.conf\""), "not valid HOCON");

    [Theory]
    [InlineData("harmony { name = n1")]
    [InlineData("harmony { name = }")]
    [InlineData("= 5")]
    [InlineData("harmony.name = ${missing}")]
    [InlineData("harmony.name = ${harmony.name}")]
    [InlineData("harmony.name = \"n1")]
    [InlineData("include missing.conf")]
    [InlineData("<xml/>")]
    public void Load_TextThatIsNotHocon_IsAProblem(string text) => AssertProblem(_folder.Write("node.conf", text), "not valid HOCON", "node.conf");

    [Fact]
    public void S16_Load_ValuesNestedWithoutEnd_IsAProblem() =>
        AssertProblem(_folder.Write("node.conf", "a = " + new string('[', 100_000)), "not valid HOCON");

    [Fact]
    public void S16_Load_FileTooLarge_IsAProblem() => AssertProblem(_folder.Write("node.conf", new string('#', (1 << 20) + 1)), "larger than 1048576 bytes");

    [Fact]
    public void Reference_AsANodesOwnFile_HasNoUnknownSettings()
    {
        IReadOnlyList<string> problems = Assert.Throws<ConfigurationProblemException>(() => HarmonySettings.From(HarmonyConfig.Reference)).Problems;
        Assert.DoesNotContain(problems, p => p.Contains("is not a setting", StringComparison.Ordinal));
    }

    private static void AssertProblem(string path, params string[] parts)
    {
        ConfigurationProblemException exception = Assert.Throws<ConfigurationProblemException>(() => HarmonyConfig.Load(path));
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
    }
}
