using System.Net.Sockets;
using System.Text;
using Xunit;

namespace HarmonyDB.Server.Tests;

/// <summary>The cap on connections, with time limits that no slow machine reaches.</summary>
public sealed class ConnectionLimitTests : ServerFixture
{
    private static readonly byte[] GetVersion = Encoding.ASCII.GetBytes("GET /version HTTP/1.1\r\nHost: test\r\n\r\n");

    private protected override HarmonyServerOptions Options { get; } = new()
    {
        Port = 0,
        MaxConnections = 3,
    };

    [Fact]
    public async Task S5_ConnectionsOverTheCap_AreClosed()
    {
        var sockets = new List<Socket>();
        for (var i = 0; i < Options.MaxConnections; i++)
        {
            var socket = await ConnectAsync();
            sockets.Add(socket);
            await socket.SendAsync(GetVersion);
            Assert.NotEqual(0, await socket.ReceiveAsync(new byte[1024]));
        }

        using var oneTooMany = await ConnectAsync();
        Assert.Empty(await ReadToEndAsync(oneTooMany));
        sockets.ForEach(socket => socket.Dispose());
    }
}
