using System.Text;
using System.Text.Json;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class CommandTests
{
    [Fact]
    public async Task Put_Answers_WithTheRevision()
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, "put", "greeting", "hello");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("OK, revision 2\n", run.Output);
        Assert.Equal("hello", client.ValueOf("greeting"));
    }

    [Fact]
    public async Task Put_ValueThatLooksLikeAnOption_IsStoredAfterDoubleDash()
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, "put", "--", "k", "--prefix");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("--prefix", client.ValueOf("k"));
    }

    [Fact]
    public async Task Get_Key_PrintsTheValueAlone()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", "two\nlines").With("ab", "x"), "get", "a");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("two\nlines\n", run.Output);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task Get_MissingKey_ExitsWith3()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient(), "get", "a");

        Assert.Equal(ExitCode.NotFound, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Equal("error: there is no key a\n  try: harmony get --prefix a\n", run.Error);
    }

    [Fact]
    public async Task Get_BytesThatAreNoText_AreQuoted()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", [0x1b, (byte)'[', 0xff]), "get", "a");

        Assert.Equal("\"\\x1b[\\xff\"\n", run.Output);
    }

    [Fact]
    public async Task Get_Hex_TakesAndPrintsHexadecimal()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", [0x1b, 0xff]), "get", "--hex", "61");

        Assert.Equal("1bff\n", run.Output);
    }

    [Fact]
    public async Task Get_Prefix_PrintsOneLinePerKeyWhenNobodyLooks()
    {
        var client = new FakeStoreClient().With("b", "0").With("a1", "x").With("a2", "y\tz").With("a3", "w");
        var run = await CommandRun.OfAsync(client, "get", "--prefix", "a", "--limit", "2");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("a1\tx\na2\t\"y\\tz\"\n", run.Output);
        Assert.Equal("2 of 3 keys at revision 5\n", run.Error);
    }

    [Fact]
    public async Task Get_PrefixOnATerminal_PrintsATable()
    {
        var run = new CommandRun { IsInteractive = true, ClientFor = _ => new FakeStoreClient().With("a1", "[red]x").With("a2", "y") };
        await run.RunAsync("get", "--prefix", "a");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("version", run.Output, StringComparison.Ordinal);
        Assert.Contains("[red]x", run.Output, StringComparison.Ordinal);
        Assert.Contains("2 of 2 keys", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_EmptyPrefix_IsEveryKey()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", "1").With("b", "2"), "get", "--prefix", "", "--keys-only");

        Assert.Equal("a\nb\n", run.Output);
    }

    [Fact]
    public async Task Get_CountOnly_PrintsANumber()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", "1").With("ab", "2"), "get", "--prefix", "a", "--count-only");

        Assert.Equal("2\n", run.Output);
    }

    [Fact]
    public async Task Get_Serializable_IsAskedFor()
    {
        var client = new FakeStoreClient().With("a", "1");
        await CommandRun.OfAsync(client, "get", "a", "--serializable");
        await CommandRun.OfAsync(client, "get", "a");

        Assert.Equal([true, false], client.RangeRequests.ConvertAll(request => request.Serializable));
    }

    [Fact]
    public async Task Get_Json_HasBase64AndNumbersAsStrings()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient().With("a", [0, 0xff]), "get", "a", "-w", "json");

        Assert.Equal(
            """
            {"header":{"cluster_id":"1","member_id":"161","revision":"2","raft_term":"3"},"kvs":[{"key":"YQ==","value":"AP8=","create_revision":"2","mod_revision":"2","version":"1","lease":"0"}],"more":false,"count":"1"}

            """.ReplaceLineEndings("\n"),
            run.Output);
    }

    [Fact]
    public async Task Get_JsonOfMissingKey_PrintsAnEmptyListAndExitsWith3()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient(), "get", "a", "-w", "json");

        Assert.Equal(ExitCode.NotFound, run.ExitCode);
        Assert.Equal(0, JsonDocument.Parse(run.Output).RootElement.GetProperty("kvs").GetArrayLength());
    }

    [Fact]
    public async Task Range_ExcludesItsEnd()
    {
        var client = new FakeStoreClient().With("a", "1").With("b", "2").With("c", "3");

        Assert.Equal("a\t1\nb\t2\n", (await CommandRun.OfAsync(client, "range", "a", "c")).Output);
        Assert.Equal("b\t2\nc\t3\n", (await CommandRun.OfAsync(client, "range", "b")).Output);
    }

    [Fact]
    public async Task Delete_OneAndMany_TellsHowMany()
    {
        var client = new FakeStoreClient().With("a", "1").With("ab", "2").With("ac", "3");

        Assert.Equal("1 key deleted, revision 5\n", (await CommandRun.OfAsync(client, "del", "a")).Output);
        Assert.Equal("2 keys deleted, revision 6\n", (await CommandRun.OfAsync(client, "del", "--prefix", "a")).Output);
        Assert.Equal("0 keys deleted, revision 6\n", (await CommandRun.OfAsync(client, "del", "a")).Output);
    }

    [Theory]
    [InlineData((int)RequestFailure.Unavailable, ExitCode.Unavailable, "harmony status")]
    [InlineData((int)RequestFailure.OutcomeUnknown, ExitCode.OutcomeUnknown, "read the key")]
    [InlineData((int)RequestFailure.Busy, ExitCode.Failed, "again in a moment")]
    [InlineData((int)RequestFailure.Refused, ExitCode.Failed, "")]
    public async Task Put_Failing_SaysWhatAndRemedyAndExitsAccordingly(int failure, int exitCode, string remedy)
    {
        var client = new FakeStoreClient { FailAttempt = _ => new RequestFailedException((RequestFailure)failure, "it broke") };
        var run = await CommandRun.OfAsync(client, "put", "a", "1");

        Assert.Equal(exitCode, run.ExitCode);
        Assert.StartsWith("error: it broke\n", run.Error, StringComparison.Ordinal);
        Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
        Assert.Equal(1, client.Attempts);
    }

    [Fact]
    public async Task Status_OneEndpointDown_ShowsItAndExitsWith4()
    {
        var run = new CommandRun { ClientFor = uri => uri.Port == 1 ? new FakeStoreClient() : new FakeStoreClient { Status = null } };
        await run.RunAsync("status", "--endpoints", "http://h:1,http://h:2");

        Assert.Equal(ExitCode.Unavailable, run.ExitCode);
        var lines = run.Output.Split('\n');
        Assert.Matches(@"^http://h:1\s+n1\s+a1\s+leader\s+a1\s+3\s+12\s+11\s+9\s+64\.0 KiB", lines[1]);
        Assert.Matches(@"^http://h:2\s+unreachable\s*$", lines[2]);
        Assert.Contains("connection refused", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Status_AllWell_ExitsWith0()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient(), "status");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task Status_Roles_AreToldApart()
    {
        var healthy = new FakeStoreClient().Status!;
        Assert.Equal("leader", new EndpointReport("", "", healthy, null).Role);
        Assert.Equal("follower", new EndpointReport("", "", healthy with { Leader = 5 }, null).Role);
        Assert.Equal("learner", new EndpointReport("", "", healthy with { Leader = 5, IsLearner = true }, null).Role);
        Assert.Equal("no leader", new EndpointReport("", "", healthy with { Leader = 0 }, null).Role);
        Assert.Equal("blank", new EndpointReport("", "", healthy with { MemberId = 0, Leader = 0 }, null).Role);

        var run = await CommandRun.OfAsync(new FakeStoreClient { Status = healthy with { Leader = 0 } }, "status");
        Assert.Equal(ExitCode.Unavailable, run.ExitCode);
    }

    [Fact]
    public async Task Status_Json_TellsErrorsToo()
    {
        var run = new CommandRun { ClientFor = uri => uri.Port == 1 ? new FakeStoreClient() : new FakeStoreClient { Status = null } };
        await run.RunAsync("-w", "json", "status", "--endpoints", "http://h:1,http://h:2");

        var endpoints = JsonDocument.Parse(run.Output).RootElement.GetProperty("endpoints");
        Assert.Equal("leader", endpoints[0].GetProperty("status").GetProperty("role").GetString());
        Assert.Equal("11", endpoints[0].GetProperty("status").GetProperty("raftAppliedIndex").GetString());
        Assert.Equal("connection refused", endpoints[1].GetProperty("error").GetString());
        Assert.Equal(JsonValueKind.Null, endpoints[1].GetProperty("status").ValueKind);
    }

    [Fact]
    public async Task MemberList_TableAndJson()
    {
        var table = await CommandRun.OfAsync(new FakeStoreClient(), "member", "list");
        Assert.Matches(@"a1\s+n1\s+127\.0\.0\.1:4053\s+http://127\.0\.0\.1:2379\s+yes", table.Output);

        var json = await CommandRun.OfAsync(new FakeStoreClient(), "member", "list", "-w", "json");
        var member = JsonDocument.Parse(json.Output).RootElement.GetProperty("members")[0];
        Assert.Equal("161", member.GetProperty("ID").GetString());
        Assert.Equal("n1", member.GetProperty("name").GetString());
    }

    [Fact]
    public async Task Import_FromStandardInput_WritesAndReportsBadLines()
    {
        var client = new FakeStoreClient();
        var run = new CommandRun { ClientFor = _ => client, Input = "x:a\nnofields\ny:b\n" };
        await run.RunAsync("import", "-", "--delimiter", ":", "--key-field", "2", "--prefix", "p/");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.StartsWith("2 records written", run.Output, StringComparison.Ordinal);
        Assert.Contains("  line 2: has only 1 field\n", run.Error, StringComparison.Ordinal);
        Assert.Equal("x:a", client.ValueOf("p/a"));
        Assert.Equal("y:b", client.ValueOf("p/b"));
    }

    [Fact]
    public async Task Import_Json_TellsTheSame()
    {
        var run = new CommandRun { Input = "a;1\n;2\n" };
        await run.RunAsync("import", "-", "-w", "json");

        var root = JsonDocument.Parse(run.Output).RootElement;
        Assert.Equal("1", root.GetProperty("written").GetString());
        Assert.Equal("1", root.GetProperty("bad_lines").GetString());
        Assert.Equal("2", root.GetProperty("first_bad_lines")[0].GetProperty("line").GetString());
    }

    [Fact]
    public async Task Import_MissingFile_SaysSo()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient(), "import", "/does/not/exist");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("/does/not/exist", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_FromAFileOnATerminal_ShowsProgressAndWritesAll()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "a;1\nb;2\n", Encoding.UTF8);
            var client = new FakeStoreClient();
            var run = new CommandRun { ClientFor = _ => client, IsInteractive = true };
            await run.RunAsync("import", file);

            Assert.Equal(ExitCode.Success, run.ExitCode);
            Assert.Equal(2, client.Count);
            Assert.Contains("2 records written", run.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
