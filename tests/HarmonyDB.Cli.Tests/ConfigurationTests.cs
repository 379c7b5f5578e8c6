using Akka.Configuration;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Playground;
using HarmonyDB.Configuration;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("harmony-cli-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void PlaygroundConfig_IsAcceptedForEveryNode()
    {
        var layout = new PlaygroundLayout(3, _folder, 2379, 4053);
        layout.Write();

        foreach (var node in layout.Nodes)
        {
            var settings = HarmonySettings.From(HarmonyConfig.Load(node.ConfigFile));
            Assert.Equal(node.Name, settings.Name);
            Assert.Equal(node.DataFolder, settings.DataDirectory);
            Assert.Equal(node.RaftAddress, settings.Self.RaftAddress);
            Assert.Equal(3, settings.Members.Count);
            Assert.Equal(node.ClientPort, settings.Server.Listen!.Port);
        }
    }

    [Fact]
    public void ExampleConfig_IsAcceptedOnceInsecureIsOn()
    {
        var config = HarmonyConfig.Load(Path.Combine(RepositoryRoot(), "hocon", "node.conf"));
        var refused = Assert.Throws<ConfigurationProblemException>(() => HarmonySettings.From(config));
        Assert.All(refused.Problems, problem => Assert.Contains("insecure", problem, StringComparison.Ordinal));

        Assert.True(SettingOverride.TryTranslate("harmony.server.insecure=on", out var insecure));
        Assert.True(SettingOverride.TryTranslate("harmony.name=n2", out var name));
        var settings = HarmonySettings.From(
            ConfigurationFactory.ParseString(name).WithFallback(ConfigurationFactory.ParseString(insecure)).WithFallback(config));
        Assert.Equal("n2", settings.Name);
        Assert.Equal("n2:4053", settings.Self.RaftAddress);
    }

    [Fact]
    public async Task Start_MissingFile_ExitsWith2()
    {
        var run = new CommandRun();
        await run.RunAsync("start", "--config", Path.Combine(_folder, "none.conf"));

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("none.conf", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S16_Start_WrongSettings_TellsEveryProblemAndExitsWith2()
    {
        var file = Path.Combine(_folder, "node.conf");
        await File.WriteAllTextAsync(file, "harmony { name = n9, raft.heartbeat-interval = 1h, store.page-syze = 4KiB }");
        var run = new CommandRun();
        await run.RunAsync("start", "--config", file, "--set", "harmony.limits.max-batch-commands=-1");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("harmony.data-dir", run.Error, StringComparison.Ordinal);
        Assert.Contains("harmony.raft.heartbeat-interval", run.Error, StringComparison.Ordinal);
        Assert.Contains("page-syze", run.Error, StringComparison.Ordinal);
        Assert.Contains("harmony.limits.max-batch-commands", run.Error, StringComparison.Ordinal);
        Assert.Contains("harmony.cluster.members", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "HarmonyDB.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder.FullName;
    }
}
