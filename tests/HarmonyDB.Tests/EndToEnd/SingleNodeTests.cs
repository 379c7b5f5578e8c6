using Akka.Actor;
using Akka.Configuration;
using HarmonyDB.Client;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using Xunit;
using static HarmonyDB.Tests.EndToEnd.EmbeddedNode;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>A node that is a cluster of its own, in an ActorSystem without remoting: starting, refusing to start, and stopping.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class SingleNodeTests : IAsyncLifetime
{
    private const int TestTimeoutMilliseconds = 60_000;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder _folder = new();
    private readonly List<ActorSystem> _systems = [];

    private string Data => _folder.File("data");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_systems.Select(s => s.Terminate().WaitAsync(StopLimit)));
        _folder.Dispose();
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Get_Twice_IsTheSameNodeAndServes()
    {
        ActorSystem system = System();
        var database = HarmonyDb.Get(system);
        Assert.Same(database, HarmonyDb.Get(system));
        Assert.Equal(2, (await database.PutAsync(new PutRequest(Bytes("a"), Bytes("1")))).Header.Revision);
        Assert.Equal("1", Text(Assert.Single((await database.RangeAsync(new RangeRequest(Bytes("a")))).KeyValues).Value));
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Stop_Node_FreesItsFolderAndTheNextOneHasItsData()
    {
        var database = HarmonyDb.Get(System());
        await database.PutAsync(new PutRequest(Bytes("a"), Bytes("1")));
        NodeStopReason reason = await database.StopAsync();
        Assert.False(reason.Failed, reason.Reason);
        Assert.Same(reason, await database.Completion);
        await Assert.ThrowsAsync<NodeStoppedException>(() => database.PutAsync(new PutRequest(Bytes("a"), Bytes("2"))));
        await Assert.ThrowsAsync<NodeStoppedException>(() => database.RangeAsync(new RangeRequest(Bytes("a")) { Serializable = true }));
        await Assert.ThrowsAsync<NodeStoppedException>(() => database.StatusAsync());

        var next = HarmonyDb.Get(System());
        KeyValue found = Assert.Single((await next.RangeAsync(new RangeRequest(Bytes("a")))).KeyValues);
        Assert.Equal(("1", 1), (Text(found.Value), found.Version));
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Stop_WhileRequestsCome_AllAreAnsweredAtOnce()
    {
        var database = HarmonyDb.Get(System("harmony.limits.request-timeout = 60s"));
        await database.PutAsync(new PutRequest(Bytes("a"), Bytes("1")));
        Func<Task>[] requests =
        [
            () => database.PutAsync(new PutRequest(Bytes("a"), Bytes("1"))),
            () => database.RangeAsync(new RangeRequest(Bytes("a"))),
            () => database.RangeAsync(new RangeRequest(Bytes("a")) { Serializable = true }),
            () => database.StatusAsync(),
        ];
        Task<Exception>[] callers = [.. Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
        {
            while (true)
            {
                try
                {
                    // Some of them never wait; the node needs a thread now and then too.
                    await Task.Yield();
                    await requests[i % requests.Length]();
                }
                catch (Exception e)
                {
                    return e;
                }
            }
        }))];

        await database.StopAsync();
        Exception[] failures = await Task.WhenAll(callers).WaitAsync(StopLimit);
        Assert.All(failures, f => Assert.True(f is NodeStoppedException or OutcomeUnknownException, f.ToString()));
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Put_ManyAtOnceWithASmallRequestLimit_AreNotTooLargeTogether()
    {
        // A batch may be larger than the largest request.
        var database = HarmonyDb.Get(System("harmony { limits.max-request-bytes = 4KiB, raft.max-append-bytes = 512KiB }"));
        byte[] value = new byte[3 << 10];
        PutResult[] results = await Task.WhenAll(Enumerable.Range(0, 400).Select(i => database.PutAsync(new PutRequest(Bytes($"k{i:d3}"), value))));
        Assert.Equal(400, results.Select(r => r.Header.Revision).Distinct().Count());
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Put_MoreThanANodeHolds_IsRefusedWithNothingDone()
    {
        var database = HarmonyDb.Get(System("harmony.limits.max-pending-requests = 5"));
        Exception?[] failures = await Task.WhenAll(Enumerable.Range(0, 500).Select(
            i => Record.ExceptionAsync(() => database.PutAsync(new PutRequest(Bytes($"k{i:d3}"), default)))));
        Assert.All(failures, f => Assert.True(f is null or TooManyRequestsException { MayHaveHappened: false }, f?.ToString()));
        long written = (await database.RangeAsync(new RangeRequest(Bytes("k"), Bytes("l")) { CountOnly = true })).Count;
        Assert.Equal(failures.Count(f => f is null), written);
        Assert.InRange(written, 5, 499);
    }

    [Fact]
    public void Get_WrongSettings_ThrowsAndTouchesNothing()
    {
        ConfigurationProblemException exception = Assert.Throws<ConfigurationProblemException>(() => HarmonyDb.Get(System("harmony.raft.heartbeat = 1s")));
        Assert.StartsWith("harmony.raft.heartbeat is not a setting", exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void Get_SystemOfAnotherName_Throws()
    {
        ConfigurationProblemException exception = Assert.Throws<ConfigurationProblemException>(
            () => HarmonyDb.Get(System("harmony.cluster.actor-system = other")));
        Assert.Contains("\"harmony\"", exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"other\"", exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void A1_Get_FrameTooSmallForTheLargestRequest_Throws()
    {
        ConfigurationProblemException exception = Assert.Throws<ConfigurationProblemException>(() => HarmonyDb.Get(System("""
            akka.remote.dot-netty.tcp.maximum-frame-size = 1600KiB
            harmony.limits.max-request-bytes = 1537KiB
            harmony.cluster.members = [{ name = n1, raft-address = "127.0.0.1:1" }, { name = n2, raft-address = "127.0.0.1:2" }]
            """)));
        Assert.StartsWith("akka.remote.dot-netty.tcp.maximum-frame-size is 1638400 bytes", exception.Message, StringComparison.Ordinal);
        Assert.Contains("at least 1639424", exception.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Data));
    }

    [Fact]
    public void Get_FolderThatIsAFile_Throws()
    {
        File.WriteAllText(Data, "mine");
        Assert.Throws<DataFolderException>(() => HarmonyDb.Get(System()));
    }

    private ActorSystem System(string settings = "")
    {
        var system = ActorSystem.Create("harmony", ConfigurationFactory.ParseString($$"""
            akka { loglevel = WARNING, stdout-loglevel = OFF }
            harmony {
              name = n1
              data-dir = "{{Data}}"
              cluster.members = [{ name = n1, raft-address = "127.0.0.1:4053" }]
              log.segment-bytes = 4MiB
            }
            {{settings}}
            """));
        _systems.Add(system);
        return system;
    }
}
