using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;
using Xunit;

namespace HarmonyDB.Server.Tests;

/// <summary>The port: who may have it, what it speaks, what it limits, and how it closes.</summary>
public sealed class HarmonyServerTests : ServerFixture
{
    private static readonly byte[] GetVersion = Encoding.ASCII.GetBytes("GET /version HTTP/1.1\r\nHost: test\r\n\r\n");

    private protected override HarmonyServerOptions Options { get; } = new()
    {
        Port = 0,
        MaxPendingRequests = 2,
        RequestHeadersTimeout = TimeSpan.FromSeconds(1),
        HealthTimeout = TimeSpan.FromMilliseconds(100),
    };

    [Fact]
    public async Task OnePort_Http11AndHttp2_AreBothServed()
    {
        foreach (var version in (Version[])[HttpVersion.Version11, HttpVersion.Version20])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/version") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
            using var response = await Http.SendAsync(request);
            Assert.Equal((HttpStatusCode.OK, version), (response.StatusCode, response.Version));
            Assert.Equal(
                "{\"etcdserver\":\"3.5.0\",\"etcdcluster\":\"3.5.0\",\"harmonydb\":\"0.1.0\"}", await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task FirstBytes_OneByOne_AreStillRecognized()
    {
        using var socket = await ConnectAsync();
        socket.NoDelay = true;
        foreach (var one in GetVersion)
        {
            await socket.SendAsync(new[] { one });
        }

        var buffer = new byte[64];
        var count = await socket.ReceiveAsync(buffer);
        Assert.StartsWith("HTTP/1.1 200", Encoding.ASCII.GetString(buffer, 0, count), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_DatabaseServesOrNot_Is200Or503()
    {
        using (var healthy = await Http.GetAsync("/health"))
        {
            Assert.Equal(HttpStatusCode.OK, healthy.StatusCode);
            Assert.Equal("{\"health\":\"true\",\"reason\":\"\"}", await healthy.Content.ReadAsStringAsync());
            Assert.Equal("application/json", healthy.Content.Headers.ContentType!.MediaType);
        }

        Assert.False(Database.LastRange!.Serializable);
        Database.Wait = token => Task.Delay(Timeout.Infinite, token);
        using var unhealthy = await Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unhealthy.StatusCode);
        using var body = JsonDocument.Parse(await unhealthy.Content.ReadAsStringAsync());
        Assert.Equal("false", body.RootElement.GetProperty("health").GetString());
        Assert.Equal("no linearizable read within 100 ms", body.RootElement.GetProperty("reason").GetString());
    }

    [Fact]
    public async Task OtherPathOrMethod_Is404Or405()
    {
        using var missing = await Http.GetAsync("/nothing/here");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal("{\"error\":\"not found\"}", await missing.Content.ReadAsStringAsync());
        using var posted = await Http.PostAsync("/health", new StringContent("{}"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, posted.StatusCode);
    }

    [Fact]
    public async Task S4_S5_ConnectionThatSaysNothing_IsClosed()
    {
        using var silent = await ConnectAsync();
        Assert.Empty(await ReadToEndAsync(silent));

        using var halfway = await ConnectAsync();
        await halfway.SendAsync("PR"u8.ToArray());
        Assert.Empty(await ReadToEndAsync(halfway));

        using var slowHeaders = await ConnectAsync();
        await slowHeaders.SendAsync("GET /version HTTP/1.1\r\nHost:"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 408", Encoding.ASCII.GetString(await ReadToEndAsync(slowHeaders)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task S22_RequestsOverTheCap_AreRefusedAtOnce()
    {
        var gate = new TaskCompletionSource();
        Database.Wait = gate.Task.WaitAsync;
        var held = Enumerable.Range(0, Options.MaxPendingRequests).Select(_ => ReadAsync()).ToList();
        await UntilAsync(() => Database.Requests == Options.MaxPendingRequests);

        var refused = await Assert.ThrowsAsync<EtcdException>(ReadAsync);
        Assert.Equal((GrpcStatusCode.ResourceExhausted, "etcdserver: too many requests"), (refused.StatusCode, refused.Detail));
        gate.SetResult();
        await Task.WhenAll(held);
        await ReadAsync();
    }

    [Fact]
    public async Task Stop_RequestIsRunning_LetsItFinishAndFreesThePort()
    {
        var gate = new TaskCompletionSource();
        Database.Wait = gate.Task.WaitAsync;
        var running = ReadAsync();
        await UntilAsync(() => Database.Requests == 1);
        var stopping = Server.StopAsync();
        await UntilAsync(() => !CanConnect());
        Assert.False(stopping.IsCompleted);
        gate.SetResult();
        await running.WaitAsync(Patience);
        await stopping.WaitAsync(Patience);

        await using var successor = await HarmonyServer.StartAsync(Database, new HarmonyServerOptions { Port = Server.Endpoint.Port });
        Assert.Equal(Server.Endpoint, successor.Endpoint);
    }

    [Fact]
    public async Task S20_StopWithARequestThatHangs_EndsAnyway()
    {
        var cut = new TaskCompletionSource();
        Database.Wait = async token =>
        {
            using var registration = token.Register(cut.SetResult);
            await Task.Delay(Timeout.Infinite, token);
        };
        await using var server = await HarmonyServer.StartAsync(
            Database, new HarmonyServerOptions { Port = 0, StopTimeout = TimeSpan.FromMilliseconds(100) });
        using var client = new EtcdClient(new EtcdClientOptions { Endpoints = [server.Endpoint.ToString()], RequestTimeout = Patience });
        var hanging = client.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("a") });
        await UntilAsync(() => Database.Requests == 1);
        await server.StopAsync().WaitAsync(Patience);
        await cut.Task.WaitAsync(Patience);
        var failed = await Assert.ThrowsAsync<EtcdException>(() => hanging);
        Assert.Contains(failed.StatusCode, (GrpcStatusCode[])[GrpcStatusCode.Unavailable, GrpcStatusCode.Cancelled]);
    }

    [Fact]
    public async Task Start_PortInUse_NamesAddressAndRemedy()
    {
        var refused = await Assert.ThrowsAsync<ListenException>(
            () => HarmonyServer.StartAsync(Database, new HarmonyServerOptions { Port = Server.Endpoint.Port }));
        Assert.Contains(Server.Endpoint.ToString(), refused.Message, StringComparison.Ordinal);
        Assert.Contains("harmony.server.listen", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_AddressOfAnotherMachine_NamesAddressAndRemedy()
    {
        // A documentation address (RFC 5737): no machine has it.
        var refused = await Assert.ThrowsAsync<ListenException>(
            () => HarmonyServer.StartAsync(Database, new HarmonyServerOptions { Host = "192.0.2.1", Port = 0, Insecure = true }));
        Assert.Contains("192.0.2.1:0", refused.Message, StringComparison.Ordinal);
        Assert.Contains("this machine has no such address", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("*")]
    [InlineData("192.0.2.1")]
    public async Task S19_NotLoopbackWithoutInsecure_IsRefusedWithTheRemedy(string host)
    {
        var refused = await Assert.ThrowsAsync<ListenException>(() => HarmonyServer.StartAsync(Database, new HarmonyServerOptions { Host = host, Port = 0 }));
        Assert.Contains("harmony.server.insecure", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_EveryAddressWithInsecure_IsServed()
    {
        await using var server = await HarmonyServer.StartAsync(Database, new HarmonyServerOptions { Host = "*", Port = 0, Insecure = true });
        using var response = await Http.GetAsync($"http://127.0.0.1:{server.Endpoint.Port}/version");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Log_RequestsServed_IsSilentAndOfAFaultItTells()
    {
        using var log = new RecordingLoggerFactory();
        await using var server = await HarmonyServer.StartAsync(Database, new HarmonyServerOptions { Port = 0, LoggerFactory = log });
        using var client = new EtcdClient(new EtcdClientOptions { Endpoints = [server.Endpoint.ToString()], RequestTimeout = Patience });
        var request = new RangeRequest { Key = ByteString.CopyFromUtf8("a") };
        await client.RangeAsync(request);
        using (var response = await Http.GetAsync(new Uri(server.Url, "/version")))
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        Assert.Empty(log.Lines);
        Database.Failure = new InvalidOperationException("what only the log may know");
        var failed = await Assert.ThrowsAsync<EtcdException>(() => client.RangeAsync(request));
        Assert.DoesNotContain("only the log", failed.Message, StringComparison.Ordinal);
        var line = Assert.Single(log.Lines);
        Assert.Contains("/etcdserverpb.KV/Range", line, StringComparison.Ordinal);
        Assert.Contains("what only the log may know", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task S16_OptionOutOfRange_IsRefused()
    {
        HarmonyServerOptions[] absurd =
        [
            new() { Host = " " }, new() { Port = -1 }, new() { Port = 65536 }, new() { MaxRequestBytes = 0 }, new() { MaxRequestBytes = int.MaxValue },
            new() { MaxPendingRequests = -1 }, new() { MaxConnections = 0 }, new() { MaxStreamsPerConnection = int.MinValue },
            new() { RequestHeadersTimeout = TimeSpan.Zero }, new() { HealthTimeout = TimeSpan.FromDays(1) }, new() { StopTimeout = TimeSpan.FromTicks(-1) },
        ];
        foreach (var options in absurd)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(() => HarmonyServer.StartAsync(Database, options));
        }
    }

    private bool CanConnect()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(Server.Endpoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private Task<RangeResponse> ReadAsync() => Client.RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8("a") });
}
