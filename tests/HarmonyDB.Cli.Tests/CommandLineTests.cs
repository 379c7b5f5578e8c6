using HarmonyDB.Cli.CommandLine;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class CommandLineTests
{
    [Theory]
    [InlineData("put a", "'VALUE' missing")]
    [InlineData("pu a b", "'pu'")]
    [InlineData("get a --timeout 5", "'5' is not a duration")]
    [InlineData("get a --endpoints https://x:1", "'https://x:1' is not an endpoint")]
    [InlineData("get a --endpoints ,", "No endpoint")]
    [InlineData("get a --limit -1", "--limit")]
    [InlineData("get a --keys-only --count-only", "exclude each other")]
    [InlineData("get a -w yaml", "'yaml'")]
    [InlineData("get --hex 0g", "not hexadecimal")]
    [InlineData("put --hex 0 00", "not hexadecimal")]
    [InlineData("import f --key-field 0", "counts from 1")]
    [InlineData("import f --concurrency 0", "--concurrency")]
    [InlineData("playground --nodes 8", "--nodes must be 1 to 7")]
    [InlineData("playground --nodes 0", "--nodes must be 1 to 7")]
    [InlineData("playground -w json", "no meaning for 'playground'")]
    [InlineData("start", "'--config' is required")]
    [InlineData("start --config f --endpoints x:1", "no meaning for 'start'")]
    [InlineData("start --config f --set nonsense", "not of the form path=value")]
    [InlineData("member", "command")]
    public async Task Invoke_WrongCommandLine_SaysWhatAndExitsWith2(string line, string what)
    {
        var run = new CommandRun();
        await run.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(what, run.Error, StringComparison.Ordinal);
        Assert.Contains("  try: harmony", run.Error, StringComparison.Ordinal);
        Assert.Equal("", run.Output);
    }

    [Theory]
    [InlineData("get", "")]
    [InlineData("put", "", "x")]
    [InlineData("del", "")]
    [InlineData("range", "")]
    public async Task Invoke_EmptyKey_IsRefusedBeforeAnythingIsSent(params string[] arguments)
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, arguments);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("is empty", run.Error, StringComparison.Ordinal);
        Assert.Equal(0, client.Attempts);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("start --help")]
    [InlineData("playground --help")]
    [InlineData("put --help")]
    [InlineData("get --help")]
    [InlineData("range --help")]
    [InlineData("del --help")]
    [InlineData("import --help")]
    [InlineData("status --help")]
    [InlineData("member list --help")]
    [InlineData("put --help surplus arguments here")]
    public async Task Help_OfEveryCommand_ShowsExamples(string line)
    {
        var run = new CommandRun();
        await run.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("Examples:\n  ", run.Output, StringComparison.Ordinal);
        Assert.Contains("harmony", run.Output, StringComparison.Ordinal);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task Help_HiddenOption_IsNotShown()
    {
        var run = new CommandRun();
        await run.RunAsync("start", "--help");

        Assert.DoesNotContain("stdin", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoArguments_ShowHelp()
    {
        var run = new CommandRun();
        await run.RunAsync();

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("playground", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_IsPrinted()
    {
        var run = new CommandRun();
        await run.RunAsync("--version");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal($"harmony {ProductVersion.Text}\n", run.Output);
    }

    [Fact]
    public async Task Endpoints_NotGiven_AreTheDefaultOnes()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", "1"), "get", "a");

        Assert.Equal([new Uri("http://127.0.0.1:2379")], run.LastEndpoints);
        Assert.Equal(TimeSpan.FromSeconds(5), run.LastTimeout);
    }

    [Fact]
    public async Task Endpoints_OptionBeforeOrAfterTheCommand_WinsOverTheEnvironment()
    {
        foreach (var arguments in (string[][])[["--endpoints", "h:1,http://i:2", "get", "a"], ["get", "a", "--endpoints", "h:1,http://i:2"]])
        {
            var run = new CommandRun { ClientFor = _ => new FakeStoreClient().With("a", "1") };
            run.Environment[GlobalOptions.EndpointsVariable] = "http://e:3";
            await run.RunAsync(arguments);

            Assert.Equal([new Uri("http://h:1"), new Uri("http://i:2")], run.LastEndpoints);
        }
    }

    [Fact]
    public async Task Endpoints_FromTheEnvironment_AreUsed()
    {
        var run = new CommandRun { ClientFor = _ => new FakeStoreClient().With("a", "1") };
        run.Environment[GlobalOptions.EndpointsVariable] = "http://e:3";
        await run.RunAsync("get", "a", "--timeout", "250ms");

        Assert.Equal([new Uri("http://e:3")], run.LastEndpoints);
        Assert.Equal(TimeSpan.FromMilliseconds(250), run.LastTimeout);
    }

    [Fact]
    public async Task Endpoints_WrongInTheEnvironment_NameTheVariable()
    {
        var run = new CommandRun();
        run.Environment[GlobalOptions.EndpointsVariable] = "ftp://e";
        await run.RunAsync("get", "a");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(GlobalOptions.EndpointsVariable, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5000)]
    [InlineData("1.5s", 1500)]
    [InlineData("60m", 3600000)]
    public void Duration_WithUnit_IsParsed(string text, int milliseconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("1.2.3s")]
    [InlineData("61m")]
    [InlineData("5 s")]
    public void Duration_WithoutUnitOrOutOfRange_IsRefused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Theory]
    [InlineData("harmony.name=n2", "harmony.name = \"n2\"")]
    [InlineData("harmony.server.listen=0.0.0.0:2379", "harmony.server.listen = \"0.0.0.0:2379\"")]
    [InlineData("a.b-c=", "a.b-c = \"\"")]
    [InlineData("a=x=y", "a = \"x=y\"")]
    [InlineData("a=C:\\data \"x\"", "a = \"C:\\\\data \\\"x\\\"\"")]
    [InlineData("a=[1, 2]", "a = [1, 2]")]
    public void Setting_PathAndValue_BecomesHocon(string text, string hocon)
    {
        Assert.True(SettingOverride.TryTranslate(text, out var translated));
        Assert.Equal(hocon, translated);
    }

    [Theory]
    [InlineData("")]
    [InlineData("=x")]
    [InlineData("a")]
    [InlineData("a b=1")]
    [InlineData("a{=1")]
    public void Setting_WithoutPath_IsRefused(string text) => Assert.False(SettingOverride.TryTranslate(text, out _));
}
