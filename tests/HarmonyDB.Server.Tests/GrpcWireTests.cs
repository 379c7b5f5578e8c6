using System.Net;
using System.Text;
using Google.Protobuf;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;
using HarmonyDB.Server.Services;
using Xunit;
using Wire = HarmonyDB.Server.Etcd;

namespace HarmonyDB.Server.Tests;

/// <summary>What no proper client sends, byte by byte: each gets its status, and the server serves on.</summary>
public sealed class GrpcWireTests : ServerFixture
{
    private static readonly byte[] GoodRange = Frame(new Wire.RangeRequest { Key = ByteString.CopyFromUtf8("a") }.ToByteArray());

    private protected override HarmonyServerOptions Options { get; } = new() { Port = 0, MaxRequestBytes = 1024 };

    public static TheoryData<string> MethodsNotServed()
    {
        string[] served =
        [
            EtcdApi.Range, EtcdApi.Put, EtcdApi.DeleteRange, EtcdApi.Status, EtcdApi.MoveLeader,
            EtcdApi.MemberList, EtcdApi.MemberAdd, EtcdApi.MemberRemove, EtcdApi.MemberUpdate, EtcdApi.MemberPromote,
        ];
        var data = new TheoryData<string>();
        data.AddRange([.. RpcReflection.Descriptor.Services
            .SelectMany(service => service.Methods, (service, method) => $"/{service.FullName}/{method.Name}")
            .Except(served)]);
        return data;
    }

    [Fact]
    public async Task S13_MessageThatDoesNotParse_IsInternal()
    {
        var status = await PostAsync(EtcdApi.Range, Frame([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x01]));
        Assert.Equal(GrpcStatusCode.Internal, status.Code);
        Assert.Contains("does not parse", status.Message, StringComparison.Ordinal);
        await AssertServesAsync();
    }

    [Fact]
    public async Task S13_BodyThatEndsEarly_IsInternal()
    {
        foreach (var cut in Enumerable.Range(1, GoodRange.Length - 1))
        {
            Assert.Equal(GrpcStatusCode.Internal, (await PostAsync(EtcdApi.Range, GoodRange[..cut])).Code);
        }

        Assert.Equal(GrpcStatusCode.Internal, (await PostAsync(EtcdApi.Range, [])).Code);
        await AssertServesAsync();
    }

    [Fact]
    public async Task TwoMessages_ToAUnaryMethod_AreInternal()
    {
        var status = await PostAsync(EtcdApi.Range, [.. GoodRange, .. GoodRange]);
        Assert.Equal(GrpcStatusCode.Internal, status.Code);
        Assert.Equal(0, Database.Requests);
    }

    [Fact]
    public async Task MessageOverTheLimit_IsRefusedByItsPrefixAlone()
    {
        const int LimitBytes = 1024 + (512 * 1024);
        var status = await PostAsync(EtcdApi.Put, Frame([], announcedLength: LimitBytes + 1));
        Assert.Equal(new GrpcStatus(GrpcStatusCode.ResourceExhausted, $"grpc: received message larger than max ({LimitBytes + 1} vs. {LimitBytes})"), status);
        Assert.Equal(GrpcStatusCode.ResourceExhausted, (await PostAsync(EtcdApi.Put, Frame([], announcedLength: uint.MaxValue))).Code);

        var largest = new Wire.PutRequest { Key = ByteString.CopyFromUtf8("k"), Value = ByteString.CopyFrom(new byte[LimitBytes - 7]) };
        Assert.Equal(LimitBytes, largest.CalculateSize());
        Assert.Equal(GrpcStatus.Ok, await PostAsync(EtcdApi.Put, Frame(largest.ToByteArray())));
    }

    [Fact]
    public async Task CompressedMessage_IsUnimplemented()
    {
        var status = await PostAsync(EtcdApi.Range, Frame([1, 2, 3], compressed: 1));
        Assert.Equal(GrpcStatusCode.Unimplemented, status.Code);
        Assert.Contains("compress", status.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(MethodsNotServed))]
    public async Task MethodNotServed_IsUnimplementedByName(string path)
    {
        var status = await PostAsync(path, Frame([]));
        Assert.Equal(new GrpcStatus(GrpcStatusCode.Unimplemented, $"{path[1..]} is not supported by this version of HarmonyDB"), status);
    }

    [Theory]
    [InlineData("/etcdserverpb.KV/Nonsense", "unknown method Nonsense for service etcdserverpb.KV")]
    [InlineData("/etcdserverpb.Auth/AuthEnable", "unknown service etcdserverpb.Auth")]
    [InlineData("/health", "unknown service health")]
    [InlineData("/", "unknown service ")]
    public async Task UnknownPath_IsUnimplemented(string path, string message)
        => Assert.Equal(new GrpcStatus(GrpcStatusCode.Unimplemented, message), await PostAsync(path, GoodRange));

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpc+json")]
    public async Task OtherContentType_Is415(string contentType)
    {
        using var request = GrpcRequest(EtcdApi.Range, GoodRange, contentType);
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task GrpcOverHttp11_Is426()
    {
        using var request = GrpcRequest(EtcdApi.Range, GoodRange);
        request.Version = HttpVersion.Version11;
        using var response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.UpgradeRequired, response.StatusCode);
    }

    [Fact]
    public async Task GrpcTimeout_Passes_IsDeadlineExceeded()
    {
        Database.Wait = token => Task.Delay(Timeout.Infinite, token);
        Assert.Equal(GrpcStatusCode.DeadlineExceeded, (await PostAsync(EtcdApi.Range, GoodRange, timeout: "5m")).Code);
        Database.Wait = _ => Task.CompletedTask;
        Assert.Equal(GrpcStatus.Ok, await PostAsync(EtcdApi.Range, GoodRange, timeout: "99999999H"));
        Assert.Equal(GrpcStatusCode.Internal, (await PostAsync(EtcdApi.Range, GoodRange, timeout: "5 minutes")).Code);
    }

    [Fact]
    public async Task S13_RandomBytes_NeverEndTheServer()
    {
        const int Seed = 60413;
        var random = new Random(Seed);
        for (var i = 0; i < 300; i++)
        {
            var body = new byte[random.Next(0, 64)];
            random.NextBytes(body);
            if (body.Length > 4 && i % 2 == 0)
            {
                body = Frame(body);
            }

            var status = await PostAsync(EtcdApi.DeleteRange, body);
            Assert.True(
                status.Code is GrpcStatusCode.Ok or GrpcStatusCode.Internal or GrpcStatusCode.InvalidArgument or GrpcStatusCode.ResourceExhausted
                    or GrpcStatusCode.Unimplemented,
                $"seed {Seed}, round {i}, {Convert.ToHexString(body)}: {status}");
        }

        await AssertServesAsync();
    }

    [Fact]
    public async Task S13_GarbageOnTheConnection_LeavesTheServerServing()
    {
        string[] garbage =
        [
            "\0\0\0\0\0\0\0\0\r\n\r\n", "PRI", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnot a frame at all", "P\r\n\r\n", "PUT", "\x16\x03\x01\x02\0\x01",
        ];
        foreach (var bytes in garbage)
        {
            using var socket = await ConnectAsync();
            await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));
            socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            await ReadToEndAsync(socket);
        }

        await AssertServesAsync();
    }

    private async Task AssertServesAsync() => Assert.Equal(GrpcStatus.Ok, await PostAsync(EtcdApi.Range, GoodRange));
}
