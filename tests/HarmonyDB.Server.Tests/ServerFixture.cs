using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Grpc;
using Xunit;

namespace HarmonyDB.Server.Tests;

/// <summary>A server over a <see cref="FakeDatabase"/> on a free loopback port, with the clients to ask it by.</summary>
public abstract class ServerFixture : IAsyncLifetime
{
    /// <summary>The end of every wait in these tests; reached only by a defect.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private HarmonyServer? _server;
    private EtcdClient? _client;
    private HttpClient? _http;

    private protected FakeDatabase Database { get; } = new();

    private protected HarmonyServer Server => _server!;

    private protected EtcdClient Client => _client!;

    private protected HttpClient Http => _http!;

    private protected virtual HarmonyServerOptions Options { get; } = new() { Port = 0 };

    public async Task InitializeAsync()
    {
        _server = await HarmonyServer.StartAsync(Database, Options);
        _client = new EtcdClient(new EtcdClientOptions { Endpoints = [_server.Endpoint.ToString()], RequestTimeout = Patience });
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = _server.Url, Timeout = Patience };
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    /// <summary>A message with its prefix, as given or with a lie about its length.</summary>
    private protected static byte[] Frame(ReadOnlySpan<byte> message, uint? announcedLength = null, byte compressed = 0)
    {
        var frame = new byte[GrpcFrame.PrefixBytes + message.Length];
        frame[0] = compressed;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), announcedLength ?? (uint)message.Length);
        message.CopyTo(frame.AsSpan(GrpcFrame.PrefixBytes));
        return frame;
    }

    private protected async Task<GrpcStatus> PostAsync(string path, byte[] body, string? timeout = null)
    {
        using var request = GrpcRequest(path, body);
        if (timeout is not null)
        {
            request.Headers.Add(GrpcTimeout.Header, timeout);
        }

        using var response = await Http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var code = int.Parse(response.TrailingHeaders.GetValues(GrpcStatus.CodeHeader).Single(), System.Globalization.CultureInfo.InvariantCulture);
        var text = response.TrailingHeaders.TryGetValues(GrpcStatus.MessageHeader, out var values) ? PercentEncoding.Decode(values.Single()) : "";
        return new GrpcStatus((GrpcStatusCode)code, text);
    }

    private protected static HttpRequestMessage GrpcRequest(string path, byte[] body, string contentType = "application/grpc")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        return request;
    }

    private protected async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(Server.Endpoint);
        return socket;
    }

    /// <summary>Reads until the server closes; what a reset cut off counts as closed, too.</summary>
    private protected static async Task<byte[]> ReadToEndAsync(Socket socket)
    {
        using var deadline = new CancellationTokenSource(Patience);
        var received = new List<byte>();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, deadline.Token) is var count and > 0)
            {
                received.AddRange(buffer.AsSpan(0, count).ToArray());
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return [.. received];
        }

        return [.. received];
    }

    private protected static async Task UntilAsync(Func<bool> condition)
    {
        using var deadline = new CancellationTokenSource(Patience);
        while (!condition())
        {
            deadline.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
