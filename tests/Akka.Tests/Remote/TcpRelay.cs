using System.Net;
using System.Net.Sockets;

namespace Akka.Tests.Remote;

/// <summary>A wire that can be cut: forwards connections to a port of this machine.</summary>
internal sealed class TcpRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<TcpClient> _open = [];
    private bool _isCut;

    public TcpRelay()
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        TargetPort = ((IPEndPoint)free.LocalEndPoint!).Port;
        _ = AcceptAsync();
    }

    /// <summary>Where the relay listens.</summary>
    public int Port { get; }

    /// <summary>Where it forwards to: a port that was free when the relay was made.</summary>
    public int TargetPort { get; }

    /// <summary>Resets what is open, and closes what comes until <see cref="Mend"/>.</summary>
    public void Cut()
    {
        lock (_open)
        {
            _isCut = true;

            // One that has just been disposed has no socket any more.
            _open.ForEach(c => c.Client?.Close(0));
            _open.Clear();
        }
    }

    public void Mend()
    {
        lock (_open)
        {
            _isCut = false;
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync();
                var target = new TcpClient { NoDelay = true };
                lock (_open)
                {
                    if (_isCut)
                    {
                        client.Client.Close(0);
                        continue;
                    }

                    target.Connect(IPAddress.Loopback, TargetPort);
                    _open.AddRange([client, target]);
                }

                _ = PumpAsync(client, target);
                _ = PumpAsync(target, client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test has ended.
        }
    }

    private static async Task PumpAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or one end has closed: so does the other.
        }

        to.Close();
    }
}
