using Akka.Configuration;
using HarmonyDB.Configuration;
using Hocon;
using Xunit;

namespace HarmonyDB.Tests.Configuration;

public sealed class HarmonySettingsTests
{
    /// <summary>The path of every setting, and whether its default begins like a number or size or duration.</summary>
    public static TheoryData<string, bool> Leaves
    {
        get
        {
            var leaves = new TheoryData<string, bool>();
            Walk("harmony", HoconParser.Parse(HarmonyConfig.ReferenceText).GetObject("harmony"), leaves);
            return leaves;
        }
    }

    [Fact]
    public void From_NothingButWhatHasNoDefault_GivesTheDefaultsOfTheReference()
    {
        HarmonySettings settings = TestSettings.Read();
        Assert.Equal("n1", settings.Name);
        Assert.Equal(Path.GetFullPath("/simulated/n1"), settings.DataDirectory);
        Assert.Equal("harmony", settings.ActorSystemName);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settings.BirthProbeInterval);
        Assert.Equal(TimeSpan.FromMilliseconds(50), settings.Raft.HeartbeatInterval);
        Assert.Equal(TimeSpan.FromMilliseconds(250), settings.Raft.ElectionTimeoutMinimum);
        Assert.Equal(TimeSpan.FromMilliseconds(500), settings.Raft.ElectionTimeoutMaximum);
        Assert.Equal(256 << 10, settings.Raft.AppendBytesMaximum);
        Assert.Equal(64, settings.Raft.InflightAppendsMaximum);
        Assert.Equal(4 << 20, settings.Raft.InflightBytesMaximum);
        Assert.Equal(32 << 20, settings.Raft.TailBytesMaximum);
        Assert.Equal(64 << 20, settings.Raft.UncommittedBytesMaximum);
        Assert.Equal(64 << 20, settings.LogSegmentBytes);
        Assert.Equal(4 << 10, settings.Store.PageSizeBytes);
        Assert.Equal(TimeSpan.FromSeconds(10), settings.Store.CheckpointInterval);
        Assert.Equal(64 << 20, settings.Store.CheckpointBytes);
        Assert.Equal(4096, settings.Store.ReadersMaximum);
        Assert.Equal(1 << 10, settings.Limits.KeyBytesMaximum);
        Assert.Equal(1536 << 10, settings.Limits.RequestBytesMaximum);
        Assert.Equal(TimeSpan.FromSeconds(5), settings.Limits.RequestTimeout);
        Assert.Equal(10_000, settings.Limits.PendingRequestsMaximum);
        Assert.Equal(512, settings.Limits.BatchCommandsMaximum);
        Assert.Equal(2000, settings.Server.ConnectionsMaximum);
        Assert.Equal(1000, settings.Server.StreamsPerConnectionMaximum);
        Assert.False(settings.Server.Insecure);
    }

    [Fact]
    public void From_MembersList_KeepsItsOrderAndKnowsWhichIsThisNode()
    {
        HarmonySettings settings = TestSettings.Read("harmony.name = n2");
        Assert.Equal(["n1", "n2", "n3"], settings.Members.Select(m => m.Name));
        Assert.Equal("127.0.0.1:4063", settings.Self.RaftAddress);
        Assert.Equal(["http://127.0.0.1:2379"], settings.Members[0].ClientUrls);
        Assert.Null(settings.Server.Listen);
    }

    [Fact]
    public void From_NoListenAddress_ListensWhereTheFirstClientUrlSays()
    {
        HarmonySettings settings = TestSettings.Read();
        Assert.Equal(("127.0.0.1", 2379), (settings.Server.Listen!.Host, settings.Server.Listen.Port));
        settings = TestSettings.Read("harmony.server.listen = \"localhost:1234\"");
        Assert.Equal(("localhost", 1234), (settings.Server.Listen!.Host, settings.Server.Listen.Port));
    }

    [Fact]
    public void From_Ipv6Address_KeepsItsBrackets() =>
        Assert.Equal("[::1]:4053", TestSettings.Read("harmony.cluster.members = [{ name = n1, raft-address = \"[::1]:4053\" }]").Self.RaftAddress);

    [Theory]
    [MemberData(nameof(Leaves))]
    public void S16_From_ListOrSectionWhereAValueBelongs_IsAProblemThatNamesTheSetting(string leaf, bool isQuantity)
    {
        Assert.True(isQuantity || leaf.Length > 0);
        foreach (string garbage in (string[])["[[1, 2], 3]", "{ a = 1 }"])
        {
            Assert.Contains(TestSettings.Problems($"{leaf} = null\n{leaf} = {garbage}"), p => p.StartsWith(leaf, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Leaves))]
    public void S16_From_NonsenseValue_IsAProblemThatNamesTheSetting(string leaf, bool isQuantity)
    {
        if (leaf == "harmony.data-dir")
        {
            // Any text can be a folder, but for this one.
            Assert.StartsWith(leaf, TestSettings.Problem($"{leaf} = \"/data\\u0000\""), StringComparison.Ordinal);
            return;
        }

        string[] quantities = ["-1", "0", "-5m", "1e999", "NaN", "infinite", "99999999999999999999", "1.5parsecs", "\"\""];
        foreach (string garbage in (string[])["\"not a value!\"", .. isQuantity ? quantities : []])
        {
            Assert.Contains(TestSettings.Problems($"{leaf} = {garbage}"), p => p.StartsWith(leaf, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void S16_From_SeveralWrongSettings_NamesThemAll()
    {
        IReadOnlyList<string> problems = TestSettings.Problems("""
            harmony {
              name = n9
              data-dir = ""
              raft { heartbeat-interval = -50ms, max-append-bytes = 1GiB, max-inflight-appends = several }
              store { page-size = 5000, max-readers = 1 }
              limits.max-key-bytes = 0
              server { insecure = perhaps, listen = nowhere }
              typo = 1
            }
            """);
        string[] wrong =
        [
            "harmony.name", "harmony.data-dir", "harmony.raft.heartbeat-interval", "harmony.raft.max-append-bytes", "harmony.raft.max-inflight-appends",
            "harmony.store.page-size", "harmony.store.max-readers", "harmony.limits.max-key-bytes", "harmony.server.insecure", "harmony.server.listen",
            "harmony.typo",
        ];
        Assert.All(wrong, name => Assert.Contains(problems, p => p.StartsWith(name, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("harmony.data-folder = x", "harmony.data-folder", "harmony.data-dir")]
    [InlineData("harmony.raft.hartbeat-interval = 50ms", "harmony.raft.hartbeat-interval", "harmony.raft.heartbeat-interval")]
    [InlineData("harmony.limit.max-key-bytes = 1KiB", "harmony.limit", "harmony.limits")]
    [InlineData("harmony.cluster.member = []", "harmony.cluster.member", "harmony.cluster.members")]
    public void A2_From_UnknownSetting_IsAProblemThatNamesTheNearestOne(string text, string unknown, string nearest)
    {
        string problem = TestSettings.Problem(text);
        Assert.StartsWith($"{unknown} is not a setting", problem, StringComparison.Ordinal);
        Assert.Contains($"{nearest};", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A2_From_UnknownSettingOfAMember_IsAProblemThatNamesItsPlace() => Assert.Equal(
        "harmony.cluster.members[0].adress is not a setting; a member has name, raft-address and client-urls.",
        TestSettings.Problem("harmony.cluster.members = [{ name = n1, adress = x, raft-address = \"127.0.0.1:4053\" }]"));

    [Theory]
    [InlineData("harmony.raft = 50ms", "harmony.raft is a section")]
    [InlineData("harmony.server = [1]", "harmony.server is a section")]
    [InlineData("harmony = 5", "harmony is a section")]
    [InlineData("harmony = []", "harmony is a section")]
    public void A2_From_ValueWhereASectionBelongs_IsAProblem(string text, string problem) =>
        Assert.Contains(TestSettings.Problems(text), p => p.StartsWith(problem, StringComparison.Ordinal));

    [Fact]
    public void From_NoHarmonySectionAtAll_AsksForWhatHasNoDefault()
    {
        ConfigurationProblemException exception = Assert.Throws<ConfigurationProblemException>(
            () => HarmonySettings.From(ConfigurationFactory.ParseString("akka.loglevel = INFO")));
        string[] needed = ["harmony.name", "harmony.data-dir", "harmony.cluster.members"];
        Assert.Equal(needed.Order(), exception.Problems.Select(p => p.Split(' ')[0]).Order());
    }

    [Fact]
    public void From_NameNotAmongTheMembers_NamesThoseThatAre() =>
        Assert.Contains("(n1, n2, n3)", TestSettings.Problem("harmony.name = n4"), StringComparison.Ordinal);

    [Fact]
    public void From_NameTwice_IsAProblem() => Assert.Contains("the name \"n1\" more than once", TestSettings.Problem(
        "harmony.cluster.members = [{ name = n1, raft-address = \"127.0.0.1:1\" }, { name = n1, raft-address = \"127.0.0.1:2\" }]"), StringComparison.Ordinal);

    [Fact]
    public void From_AddressTwice_IsAProblemWhateverItsCase() => Assert.Contains("more than once", TestSettings.Problem(
        "harmony.cluster.members = [{ name = n1, raft-address = \"localhost:1\" }, { name = n2, raft-address = \"LocalHost:1\" }]"), StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public void From_TooFewOrTooManyMembers_IsAProblem(int count)
    {
        IEnumerable<string> members = Enumerable.Range(1, count).Select(i => $"{{ name = n{i}, raft-address = \"127.0.0.1:{i}\" }}");
        Assert.Contains($"lists {count} members", TestSettings.Problem($"harmony.cluster.members = [{string.Join(", ", members)}]"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("n1")]
    [InlineData("n1:")]
    [InlineData(":4053")]
    [InlineData("n1:0")]
    [InlineData("n1:65536")]
    [InlineData("n1:-1")]
    [InlineData("n1: 4053")]
    [InlineData("n1:4053/")]
    [InlineData("n 1:4053")]
    [InlineData("http://n1:4053")]
    [InlineData("0.0.0.0:4053")]
    [InlineData("[::]:4053")]
    public void From_BadRaftAddress_IsAProblemThatNamesItsPlace(string address)
    {
        IReadOnlyList<string> problems = TestSettings.Problems(
            $"harmony.cluster.members = [{{ name = n1, raft-address = \"{address}\" }}]\nharmony.server.insecure = on");
        Assert.StartsWith($"harmony.cluster.members[0].raft-address is \"{address}\"", Assert.Single(problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:2379")]
    [InlineData("ftp://127.0.0.1")]
    [InlineData("")]
    public void From_BadClientUrl_IsAProblemThatNamesItsPlace(string url) => Assert.Contains(
        TestSettings.Problems($"harmony.cluster.members = [{{ name = n1, raft-address = \"127.0.0.1:4053\", client-urls = [\"{url}\"] }}]"),
        p => p.StartsWith("harmony.cluster.members[0].client-urls has", StringComparison.Ordinal));

    [Theory]
    [InlineData("")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    [InlineData("ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ")]
    [InlineData("n\\u0000")]
    [InlineData("n\\n1")]
    public void From_MemberNameThatNoIdentityFileHolds_IsAProblem(string name) => Assert.Contains(
        TestSettings.Problems($"harmony.cluster.members = [{{ name = \"{name}\", raft-address = \"127.0.0.1:1\" }}]\nharmony.name = \"{name}\""),
        p => p.StartsWith("harmony.cluster.members[0].name", StringComparison.Ordinal));

    [Theory]
    [InlineData("raft { heartbeat-interval = 100ms, election-timeout-min = 299ms }", "harmony.raft.election-timeout-min")]
    [InlineData("raft { election-timeout-min = 500ms, election-timeout-max = 500ms }", "harmony.raft.election-timeout-max")]
    [InlineData("raft { max-append-bytes = 256KiB, max-inflight-bytes = 128KiB }", "harmony.raft.max-inflight-bytes")]
    [InlineData("log.segment-bytes = 1536KiB", "harmony.log.segment-bytes")]
    [InlineData("store.page-size = 5KiB", "harmony.store.page-size")]
    public void From_SettingsThatContradictEachOther_IsAProblem(string text, string problem) => Assert.StartsWith(
        problem, TestSettings.Problem($"harmony {{ {text} }}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("harmony.cluster.members = [{ name = n1, raft-address = \"10.0.0.1:4053\" }]", "raft-address 10.0.0.1:4053")]
    [InlineData("harmony.cluster.members = [{ name = n1, raft-address = \"db.example.org:4053\" }]", "raft-address db.example.org:4053")]
    [InlineData("harmony.server.listen = \"0.0.0.0:2379\"", "harmony.server.listen is 0.0.0.0:2379")]
    [InlineData("harmony.server.listen = \"[::]:2379\"", "harmony.server.listen is")]
    [InlineData(
        "harmony.cluster.members = [{ name = n1, raft-address = \"127.0.0.1:4053\", client-urls = [\"http://10.0.0.1:2379\"] }]",
        "harmony.server.listen is 10.0.0.1:2379")]
    public void S19_From_AddressBeyondLoopback_NeedsInsecureToBeSaid(string text, string problem)
    {
        Assert.Contains(problem, TestSettings.Problem(text), StringComparison.Ordinal);
        Assert.True(TestSettings.Read(text + "\nharmony.server.insecure = on").Server.Insecure);
    }

    private static void Walk(string path, HoconObject section, TheoryData<string, bool> leaves)
    {
        foreach ((string key, HoconField field) in section)
        {
            if (field.Value.Type == HoconType.Object)
            {
                Walk($"{path}.{key}", field.Value.GetObject(), leaves);
            }
            else
            {
                leaves.Add($"{path}.{key}", field.Value.Type == HoconType.String && field.Value.GetString() is [>= '0' and <= '9', ..]);
            }
        }
    }
}
