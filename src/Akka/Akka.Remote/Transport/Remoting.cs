using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote.Transport;

/// <summary>The network side of one actor system: its listener, the peers it sends to and the connections it reads from.</summary>
internal sealed class Remoting
{
    private const int TcpUserTimeoutOption = 18;
    private readonly ConcurrentDictionary<Address, Association> _associations = new();
    private readonly HashSet<InboundConnection> _inbound = [];
    private readonly Dictionary<Address, InboundConnection> _inboundByPeer = [];
    private readonly ManualResetEventSlim _closing = new();
    private readonly Socket _listener;
    private readonly MessageEncoder _encoder;

    /// <summary>Listens; <see cref="Start"/> begins to accept.</summary>
    /// <exception cref="RemoteTransportException">It cannot.</exception>
    public Remoting(ExtendedActorSystem system, IActorRefProvider provider, TransportSettings settings)
    {
        System = system;
        Provider = provider;
        Settings = settings;
        Log = Logging.GetLogger(system, "remoting");
        _listener = Listen();
        var port = settings.PublicPort != 0 ? settings.PublicPort : ((IPEndPoint)_listener.LocalEndPoint!).Port;
        LocalAddress = new Address("akka.tcp", system.Name, settings.PublicHostname, port);
        _encoder = new MessageEncoder(system, LocalAddress);
    }

    public ExtendedActorSystem System { get; }
    public IActorRefProvider Provider { get; }
    public TransportSettings Settings { get; }
    public ILoggingAdapter Log { get; }
    public Address LocalAddress { get; }

    /// <summary>This incarnation of the system at its address (A5).</summary>
    public long Uid { get; } = Random.Shared.NextInt64(1, long.MaxValue);

    public DeathWatches Watches { get; } = new();

    public void Start()
    {
        new Thread(Accept) { IsBackground = true, Name = $"remoting {LocalAddress.HostPort()}" }.Start();
        Log.Info("Remoting started; listening on addresses : [{0}]", LocalAddress);
    }

    public void Send(object message, IActorRef? sender, RemoteActorRef recipient)
    {
        ArraySegment<byte> frame;
        try
        {
            frame = _encoder.Encode(message, sender, recipient);
        }
        catch (Exception e)
        {
            Log.Error(e, "Dropping {0} for {1}, which cannot be serialized", message.GetType(), recipient);
            return;
        }

        var bytes = frame.Count - FrameWriter.LengthBytes;
        if (bytes > Settings.FrameBytesMax)
        {
            // Dropped and not retried (A1): it would be as big the next time.
            ArrayPool<byte>.Shared.Return(frame.Array!);
            var type = (message as ActorSelectionMessage)?.Message.GetType() ?? message.GetType();
            Log.Error("Discarding oversized payload sent to {0}: {1} has {2} bytes, more than maximum-frame-size", recipient, type, bytes);
            return;
        }

        Send(recipient.Path.Address, new OutboundMessage(frame, message, sender, recipient));
    }

    public void Send(ISystemMessage message, RemoteActorRef target)
    {
        if (_encoder.Encode(message, target) is { } frame)
        {
            Send(target.Path.Address, new OutboundMessage(frame, message, null, target));
        }
    }

    public void DeadLetter(object message, IActorRef? sender, IActorRef recipient)
    {
        // System messages lost with a connection are made good by the next one.
        if (message is not ISystemMessage)
        {
            var content = message is ActorSelectionMessage selection ? selection.Message : message;
            Provider.DeadLetters.Tell(new DeadLetter(content, sender ?? Provider.DeadLetters, recipient), sender);
        }
    }

    public Socket CreateSocket(AddressFamily family) => Configure(new Socket(family, SocketType.Stream, ProtocolType.Tcp));

    /// <summary>
    /// Takes the peer's new connection. The one it had is over, whatever is left unread on it: nothing of it may come after what the new one brings.
    /// </summary>
    public void Register(InboundConnection connection)
    {
        InboundConnection? older;
        lock (_inbound)
        {
            _inboundByPeer.TryGetValue(connection.Peer!, out older);
            _inboundByPeer[connection.Peer!] = connection;
        }

        older?.CloseAndWait();
        _associations.GetValueOrDefault(connection.Peer!)?.PeerChanged(hasCome: true);
    }

    public void Unregister(InboundConnection connection)
    {
        lock (_inbound)
        {
            _inbound.Remove(connection);
            if (connection.Peer is null || !_inboundByPeer.TryGetValue(connection.Peer, out var current) || current != connection)
            {
                return;
            }

            _inboundByPeer.Remove(connection.Peer);
        }

        _associations.GetValueOrDefault(connection.Peer)?.PeerChanged(hasCome: false);
    }

    /// <summary>Tells a peer, with which there is a new connection, what is watched there.</summary>
    public void Rewatch(Address peer)
    {
        foreach (var (watchee, watcher) in Watches.Of(peer))
        {
            Send(new Watch(watchee, watcher), (RemoteActorRef)watchee);
        }
    }

    /// <summary>Sends what is queued, for as long as <c>flush-wait-on-shutdown</c> allows, and closes everything.</summary>
    public void Shutdown()
    {
        _closing.Set();
        _listener.Dispose();
        Parallel.ForEach(_associations.Values, a => a.Close(Settings.FlushWait));
        InboundConnection[] inbound;
        lock (_inbound)
        {
            inbound = [.. _inbound];
        }

        foreach (var connection in inbound)
        {
            connection.CloseAndWait();
        }
    }

    private void Send(Address peer, in OutboundMessage message)
    {
        while (!_closing.IsSet)
        {
            if (!_associations.TryGetValue(peer, out var association))
            {
                ForgetIdlePeers();
                association = _associations.GetOrAdd(peer, p => new Association(this, p));
            }

            if (association.TrySend(message))
            {
                return;
            }

            // Forgotten between the look-up and the sending.
            _associations.TryRemove(new KeyValuePair<Address, Association>(peer, association));
        }

        ArrayPool<byte>.Shared.Return(message.Frame.Array!);
        DeadLetter(message.Message, message.Sender, message.Recipient);
    }

    // Peers come and go under ever new addresses (A16): a new one is the occasion to forget those that are gone.
    private void ForgetIdlePeers()
    {
        foreach (var entry in _associations)
        {
            if (entry.Value.TryRetire())
            {
                _associations.TryRemove(entry);
            }
        }
    }

    private void Accept()
    {
        while (!_closing.IsSet)
        {
            try
            {
                Accepted(_listener.Accept());
            }
            catch (Exception e)
            {
                if (!_closing.IsSet)
                {
                    Log.Error(e, "Cannot accept a connection: {0}", e.Message);
                    // Such as no file descriptors left: trying again at once would only fill the log.
                    _closing.Wait(TimeSpan.FromMilliseconds(100));
                }
            }
        }
    }

    private void Accepted(Socket socket)
    {
        try
        {
            Configure(socket);
        }
        catch (SocketException)
        {
            // It was reset while it waited to be accepted.
            socket.Dispose();
            return;
        }

        var connection = new InboundConnection(this, socket);
        bool admitted;
        lock (_inbound)
        {
            admitted = _inbound.Count < TransportSettings.InboundConnectionsMax && !_closing.IsSet && _inbound.Add(connection);
        }

        if (admitted)
        {
            connection.Start();
        }
        else
        {
            Log.Warning("Refusing a connection: {0} are open", TransportSettings.InboundConnectionsMax);
            socket.Dispose();
        }
    }

    private Socket Listen()
    {
        try
        {
            var address = IPAddress.TryParse(Settings.Hostname, out var literal)
                ? literal
                : Dns.GetHostAddresses(Settings.Hostname).OrderBy(a => a.AddressFamily != AddressFamily.InterNetwork).First();
            var listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(address, Settings.Port));
            listener.Listen(Settings.Backlog);
            return listener;
        }
        catch (SocketException e)
        {
            throw new RemoteTransportException($"Cannot listen at {Settings.Hostname}:{Settings.Port}: {e.Message}", e);
        }
    }

    private Socket Configure(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, Math.Max(1, (int)Settings.SilenceMax.TotalSeconds / 2));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 2);
        if (OperatingSystem.IsLinux())
        {
            // Else a partition that has healed stays one until the kernel's backed-off retransmission, minutes later.
            socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpUserTimeoutOption, BitConverter.GetBytes((int)Settings.SilenceMax.TotalMilliseconds));
        }

        socket.SendBufferSize = Settings.SendBufferBytes > 0 ? Settings.SendBufferBytes : socket.SendBufferSize;
        socket.ReceiveBufferSize = Settings.ReceiveBufferBytes > 0 ? Settings.ReceiveBufferBytes : socket.ReceiveBufferSize;

        return socket;
    }
}
