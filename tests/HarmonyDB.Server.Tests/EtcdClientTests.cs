using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;
using Xunit;
using Wire = HarmonyDB.Server.Etcd;

namespace HarmonyDB.Server.Tests;

/// <summary>Each method that is served, through the client, and the client's choice of nodes.</summary>
public sealed class EtcdClientTests : ServerFixture
{
    [Fact]
    public async Task Put_NewKey_IsReadBackWithItsRevisions()
    {
        var put = await PutAsync("fruit", "apple");
        Assert.Equal(2, put.Header.Revision);
        Assert.Equal(0xC1UL, put.Header.ClusterId);
        Assert.Equal(7UL, put.Header.MemberId);
        Assert.Equal(3UL, put.Header.RaftTerm);
        Assert.Null(put.PrevKv);

        var range = await Client.RangeAsync(new Wire.RangeRequest { Key = Text("fruit") });
        var found = Assert.Single(range.Kvs);
        Assert.Equal("fruit", found.Key.ToStringUtf8());
        Assert.Equal("apple", found.Value.ToStringUtf8());
        Assert.Equal((2, 2, 1, 0), (found.CreateRevision, found.ModRevision, found.Version, found.Lease));
        Assert.Equal(1, range.Count);
        Assert.False(range.More);
        Assert.False(Database.LastRange!.Serializable);
    }

    [Fact]
    public async Task Put_PrevKv_ReturnsWhatWasThere()
    {
        await PutAsync("fruit", "apple");
        var second = await Client.PutAsync(new Wire.PutRequest { Key = Text("fruit"), Value = Text("pear"), PrevKv = true });
        Assert.Equal("apple", second.PrevKv.Value.ToStringUtf8());
        Assert.Equal(1, second.PrevKv.Version);
    }

    [Fact]
    public async Task Range_EachOption_ReachesTheDatabase()
    {
        foreach (var name in (string[])["a1", "a2", "a3", "b1"])
        {
            await PutAsync(name, "value of " + name);
        }

        var prefix = new Wire.RangeRequest { Key = Text("a"), RangeEnd = Text("b") };
        var limited = await Client.RangeAsync(new Wire.RangeRequest(prefix) { Limit = 2, Serializable = true });
        Assert.Equal(["a1", "a2"], limited.Kvs.Select(keyValue => keyValue.Key.ToStringUtf8()));
        Assert.True(limited.More);
        Assert.Equal(3, limited.Count);
        Assert.True(Database.LastRange!.Serializable);

        var keys = await Client.RangeAsync(new Wire.RangeRequest(prefix) { KeysOnly = true });
        Assert.All(keys.Kvs, keyValue => Assert.True(keyValue.Value.IsEmpty));
        Assert.Equal(3, keys.Kvs.Count);

        var count = await Client.RangeAsync(new Wire.RangeRequest { Key = Text("\0"), RangeEnd = Text("\0"), CountOnly = true });
        Assert.Equal(4, count.Count);
        Assert.Empty(count.Kvs);

        var ascending = await Client.RangeAsync(new Wire.RangeRequest(prefix) { SortOrder = Wire.RangeRequest.Types.SortOrder.Ascend });
        Assert.Equal(["a1", "a2", "a3"], ascending.Kvs.Select(keyValue => keyValue.Key.ToStringUtf8()));
    }

    [Fact]
    public async Task DeleteRange_Prefix_DeletesAndReturnsAskedForKeys()
    {
        await PutAsync("a1", "x");
        await PutAsync("a2", "y");
        await PutAsync("b1", "z");
        var deleted = await Client.DeleteRangeAsync(new Wire.DeleteRangeRequest { Key = Text("a"), RangeEnd = Text("b"), PrevKv = true });
        Assert.Equal(2, deleted.Deleted);
        Assert.Equal(["x", "y"], deleted.PrevKvs.Select(keyValue => keyValue.Value.ToStringUtf8()));
        var rest = await Client.RangeAsync(new Wire.RangeRequest { Key = Text("\0"), RangeEnd = Text("\0"), CountOnly = true });
        Assert.Equal(1, rest.Count);
    }

    [Fact]
    public async Task MemberList_Members_CarryAddressesAndNoRevision()
    {
        await PutAsync("a", "x");
        var local = await Client.MemberListAsync(new MemberListRequest());
        Assert.Equal(1, Database.Requests);
        Assert.Equal(0, local.Header.Revision);
        Assert.Equal([(7UL, "n1", false), (8UL, "n2", true)], local.Members.Select(member => (member.ID, member.Name, member.IsLearner)));
        Assert.Equal("http://127.0.0.1:2379", Assert.Single(local.Members[0].ClientURLs));
        Assert.Equal("tcp://127.0.0.1:4053", Assert.Single(local.Members[0].PeerURLs));

        await Client.MemberListAsync(new MemberListRequest { Linearizable = true });
        Assert.Equal(2, Database.Requests);
    }

    [Fact]
    public async Task Status_Node_TellsIndexesAndSizes()
    {
        var status = await Client.StatusAsync(Server.Url);
        Assert.Equal("3.5.0", status.Version);
        Assert.Equal((8192, 4096), (status.DbSize, status.DbSizeInUse));
        Assert.Equal((7UL, 12UL, 3UL, 10UL), (status.Leader, status.RaftIndex, status.RaftTerm, status.RaftAppliedIndex));
        Assert.Empty(status.Errors);
        Assert.False(status.IsLearner);

        Database.Leader = 0;
        Assert.Equal("etcdserver: no leader", Assert.Single((await Client.StatusAsync(Server.Url)).Errors));
    }

    [Fact]
    public async Task Put_ValueOfAMebibyte_SurvivesTheWay()
    {
        var value = new byte[1024 * 1024];
        new Random(20).NextBytes(value);
        await Client.PutAsync(new Wire.PutRequest { Key = Text("large"), Value = ByteString.CopyFrom(value) });
        var found = await Client.RangeAsync(new Wire.RangeRequest { Key = Text("large") });
        Assert.Equal(value, found.Kvs[0].Value.ToByteArray());
    }

    [Fact]
    public async Task Put_FarOverTheLimit_IsRefusedWhileItIsStillBeingSent()
    {
        var huge = new Wire.PutRequest { Key = Text("huge"), Value = ByteString.CopyFrom(new byte[8 * 1024 * 1024]) };
        for (var i = 0; i < 10; i++)
        {
            var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.PutAsync(huge));
            Assert.Equal(
                (GrpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({huge.CalculateSize()} vs. 2097152)", false),
                (failed.StatusCode, failed.Detail, failed.MayHaveHappened));
        }

        Assert.Equal(0, Database.Requests);
        await PutAsync("small", "x");
    }

    [Fact]
    public async Task Health_LinearizableReadFails_TellsTheReason()
    {
        Assert.Equal(new NodeHealth(Server.Url, true, ""), await Client.HealthAsync(Server.Url));
        Database.Failure = new RequestTimeoutException("no leader is known");
        Assert.Equal(new NodeHealth(Server.Url, false, "no leader is known"), await Client.HealthAsync(Server.Url));
    }

    [Fact]
    public async Task Calls_FirstEndpointIsDown_GoToTheNext()
    {
        using var client = new EtcdClient(new EtcdClientOptions { Endpoints = [ClosedEndpoint(), Server.Endpoint.ToString()], RequestTimeout = Patience });
        await client.PutAsync(new Wire.PutRequest { Key = Text("a"), Value = Text("x") });
        Assert.Single((await client.RangeAsync(new Wire.RangeRequest { Key = Text("a") })).Kvs);
        Assert.Equal(2, Database.Requests);
    }

    [Fact]
    public async Task Calls_NoEndpointIsUp_NothingHappened()
    {
        using var client = new EtcdClient(new EtcdClientOptions { Endpoints = [ClosedEndpoint(), ClosedEndpoint()], RequestTimeout = Patience });
        var failed = await Assert.ThrowsAsync<EtcdException>(() => client.PutAsync(new Wire.PutRequest { Key = Text("a") }));
        Assert.Equal(GrpcStatusCode.Unavailable, failed.StatusCode);
        Assert.False(failed.MayHaveHappened);
        Assert.False((await client.HealthAsync(client.Endpoints[0])).Healthy);
    }

    [Fact]
    public async Task Put_OutcomeUnknown_IsNotSentAgain()
    {
        Database.Failure = new OutcomeUnknownException("the leader fell");
        using var client = TwiceTheSameServer();
        var failed = await Assert.ThrowsAsync<EtcdException>(() => client.PutAsync(new Wire.PutRequest { Key = Text("a") }));
        Assert.True(failed.MayHaveHappened);
        Assert.Equal(1, Database.Requests);
    }

    [Fact]
    public async Task Put_NoLeader_AsksTheNextNode()
    {
        Database.Failure = new RequestTimeoutException("no leader is known");
        using var client = TwiceTheSameServer();
        var failed = await Assert.ThrowsAsync<EtcdException>(() => client.PutAsync(new Wire.PutRequest { Key = Text("a") }));
        Assert.False(failed.MayHaveHappened);
        Assert.Equal(2, Database.Requests);
    }

    [Fact]
    public async Task Range_OutcomeUnknown_AsksTheNextNode()
    {
        Database.Failure = new OutcomeUnknownException("the leader fell");
        using var client = TwiceTheSameServer();
        var failed = await Assert.ThrowsAsync<EtcdException>(() => client.RangeAsync(new Wire.RangeRequest { Key = Text("a") }));
        Assert.False(failed.MayHaveHappened);
        Assert.Equal(2, Database.Requests);
    }

    [Fact]
    public async Task Put_DeadlinePasses_OutcomeIsOpenAndTheDatabaseIsTold()
    {
        var told = new TaskCompletionSource();
        Database.Wait = async token =>
        {
            using var registration = token.Register(told.SetResult);
            await Task.Delay(Timeout.Infinite, token);
        };
        using var client = new EtcdClient(new EtcdClientOptions
        {
            Endpoints = [Server.Endpoint.ToString()],
            RequestTimeout = TimeSpan.FromMilliseconds(200),
        });
        var failed = await Assert.ThrowsAsync<EtcdException>(() => client.PutAsync(new Wire.PutRequest { Key = Text("a") }));
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, failed.StatusCode);
        Assert.True(failed.MayHaveHappened);
        await told.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Put_CallerCancels_ThrowsAsCancelled()
    {
        Database.Wait = token => Task.Delay(Timeout.Infinite, token);
        using var cancel = new CancellationTokenSource();
        var put = Client.PutAsync(new Wire.PutRequest { Key = Text("a") }, cancel.Token);
        await UntilAsync(() => Database.Requests == 1);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => put);
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://127.0.0.1:2379")]
    [InlineData("127.0.0.1:2379/path")]
    [InlineData("127.0.0.1:port")]
    public void Constructor_NoSuchEndpoint_IsRefused(string endpoint)
        => Assert.Throws<ArgumentException>(() => new EtcdClient(new EtcdClientOptions { Endpoints = [endpoint] }));

    private static ByteString Text(string text) => ByteString.CopyFromUtf8(text);

    /// <summary>A port that was free a moment ago.</summary>
    private static string ClosedEndpoint()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket.LocalEndPoint!.ToString()!.Replace("[::ffff:127.0.0.1]", "127.0.0.1", StringComparison.Ordinal);
    }

    private EtcdClient TwiceTheSameServer()
        => new(new EtcdClientOptions { Endpoints = [$"127.0.0.1:{Server.Endpoint.Port}", $"http://127.0.0.1:{Server.Endpoint.Port}"], RequestTimeout = Patience });

    private Task<PutResponse> PutAsync(string key, string value) => Client.PutAsync(new Wire.PutRequest { Key = Text(key), Value = Text(value) });
}
