using System.Text.Json;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Client;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class MemberCommandTests
{
    [Fact]
    public async Task Add_Address_SaysWhatToDoNextAndPrintsTheMembers()
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, "member", "add", "10.0.0.4:4053", "--learner");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.StartsWith("member a2 added; now start its node with harmony.cluster.join = on and raft-address 10.0.0.4:4053\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("no, learner", run.Output, StringComparison.Ordinal);
        Assert.True(client.Members[1].IsLearner);
    }

    [Fact]
    public async Task Add_Json_IsOneDocumentWithAllMembers()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient(), "member", "add", "10.0.0.4:4053", "-w", "json");

        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(2, json.RootElement.GetProperty("members").GetArrayLength());
    }

    [Theory]
    [InlineData("10.0.0.4")]
    [InlineData("10.0.0.4:0")]
    [InlineData("http://10.0.0.4:4053")]
    [InlineData("")]
    public async Task Add_WhatIsNoAddress_IsAUsageError(string address)
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, "member", "add", address);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal(0, client.Attempts);
    }

    [Fact]
    public async Task PromoteAndRemove_Id_InHexadecimalAsListed()
    {
        var client = new FakeStoreClient();
        client.Members.Add(new Member(0xa2, "n2", "127.0.0.1:4063", [], IsLearner: true));
        Assert.Equal(ExitCode.Success, (await CommandRun.OfAsync(client, "member", "promote", "a2")).ExitCode);
        Assert.False(client.Members[1].IsLearner);
        Assert.Equal(ExitCode.Success, (await CommandRun.OfAsync(client, "member", "remove", "a2")).ExitCode);
        Assert.Single(client.Members);
    }

    [Fact]
    public async Task Remove_WhatIsNoId_IsAUsageErrorThatSaysWhereIdsAre()
    {
        var run = await CommandRun.OfAsync(new FakeStoreClient(), "member", "remove", "n2");
        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("harmony member list", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_Refused_SaysWhyAndFails()
    {
        var client = new FakeStoreClient { FailAttempt = _ => new RequestFailedException(RequestFailure.Refused, "127.0.0.1:2379: etcdserver: member not found") };
        var run = await CommandRun.OfAsync(client, "member", "remove", "9");
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("member not found", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replace_NewMemberVotes_TheOldOneIsRemoved()
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, "member", "replace", "a1", "10.0.0.4:4053");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal([0xa2ul], client.Members.Select(m => m.Id));
        Assert.Contains("member a2 votes; member a1 removed", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replace_NewMemberNeverCatchesUp_TheOldOneStays()
    {
        var client = new FakeStoreClient { PromotesAtOnce = false };
        var run = await CommandRun.OfAsync(client, "member", "replace", "a1", "10.0.0.4:4053", "--wait", "1ms");

        Assert.Equal(ExitCode.Unavailable, run.ExitCode);
        Assert.Contains("the old one is still there", run.Error, StringComparison.Ordinal);
        Assert.Contains(client.Members, m => m.Id == 0xa1);
    }

    [Fact]
    public async Task Replace_MemberThatIsNotThere_ExitsWith3AndAddsNothing()
    {
        var client = new FakeStoreClient();
        Assert.Equal(ExitCode.NotFound, (await CommandRun.OfAsync(client, "member", "replace", "9", "10.0.0.4:4053")).ExitCode);
        Assert.Single(client.Members);
    }

    [Theory]
    [InlineData(0xa2ul, "a2")]
    [InlineData(0ul)]
    public async Task MoveLeader_TheLeaderIsAsked(ulong target, params string[] id)
    {
        var client = new FakeStoreClient();
        var run = await CommandRun.OfAsync(client, ["move-leader", .. id]);

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal([target], client.Moves);
        Assert.Equal(new Uri("http://127.0.0.1:2379"), run.LastEndpoints[0]);
    }

    [Fact]
    public async Task MoveLeader_NoLeader_ExitsWith4()
    {
        var client = new FakeStoreClient();
        client.Status = client.Status! with { Leader = 0 };
        Assert.Equal(ExitCode.Unavailable, (await CommandRun.OfAsync(client, "move-leader", "a2")).ExitCode);
    }
}
