using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;

namespace Akka.Remote.Transport;

/// <summary>A frame on its way out, and what becomes a dead letter if it does not get there.</summary>
internal readonly record struct OutboundMessage(ArraySegment<byte> Frame, object Message, IActorRef? Sender, IActorRef Recipient);

/// <summary>
/// The one connection on which everything for one peer leaves, in the order it was sent. A thread of its own connects and writes; it flushes
/// whenever the queue is empty, and puts what has piled up meanwhile into one write. Any thread sends.
/// </summary>
internal sealed class Association
{
    // Between writes the thread looks this often whether the peer has closed; a peer that connected to us wakes it at once.
    private const int IdleCheckMilliseconds = 1_000;
    private const int BatchBytes = 64 * 1024;

    private readonly Remoting _remoting;
    private readonly object _lock = new();
    private readonly byte[] _batch = new byte[BatchBytes];
    private List<OutboundMessage> _queue = [];
    private List<OutboundMessage> _draining = [];
    private long _queuedBytes;
    private long _gateClosedUntil;
    private long _peerUid;
    private bool _writerWaits;
    private bool _closing;
    private bool _retired;
    private bool _isFull;
    private Thread? _thread;
    private Socket? _socket;

    public Association(Remoting remoting, Address peer)
    {
        _remoting = remoting;
        Peer = peer;
    }

    public Address Peer { get; }

    /// <summary>Marks the peer as forgotten, unless something would be lost by that.</summary>
    public bool TryRetire()
    {
        lock (_lock)
        {
            _retired |= _thread is null && _queue.Count == 0 && Stopwatch.GetTimestamp() >= _gateClosedUntil;
            return _retired;
        }
    }

    /// <summary>Queues the message, or makes a dead letter of it.</summary>
    /// <returns>False, with nothing done, if the peer has been forgotten: two associations would not keep the order.</returns>
    public bool TrySend(in OutboundMessage message)
    {
        string? refusal;
        lock (_lock)
        {
            if (_retired)
            {
                return false;
            }

            refusal = _closing ? "" : TryEnqueue(message);
        }

        if (refusal is not null)
        {
            Drop(message);
            if (refusal.Length > 0)
            {
                _remoting.Log.Warning("Dropping messages to {0}: {1}", Peer, refusal);
            }
        }

        return true;
    }

    /// <summary>The peer has shown that it lives: what the gate held back may try again.</summary>
    public void OpenGate()
    {
        lock (_lock)
        {
            _gateClosedUntil = 0;
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Has the writer look at once whether the peer is still there.</summary>
    public void CheckConnection()
    {
        lock (_lock)
        {
            Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Sends what is queued, for at most the given time, and closes.</summary>
    public void Close(TimeSpan flushWait)
    {
        Thread? thread;
        lock (_lock)
        {
            _closing = true;
            thread = _thread;
            Monitor.PulseAll(_lock);
        }

        if (thread is not null && !thread.Join(flushWait))
        {
            lock (_lock)
            {
                _socket?.Dispose();
            }
        }
    }

    // Null: accepted. Empty: refused without a word. Otherwise: refused, and why.
    private string? TryEnqueue(in OutboundMessage message)
    {
        if (Stopwatch.GetTimestamp() < _gateClosedUntil)
        {
            return "";
        }

        if (_queue.Count >= TransportSettings.QueuedMessagesMax || _queuedBytes + message.Frame.Count > TransportSettings.QueuedBytesMax)
        {
            var wasFull = _isFull;
            _isFull = true;
            return wasFull ? "" : $"{_queue.Count} messages ({_queuedBytes} bytes) wait to be sent, more are not queued";
        }

        _isFull = false;
        _queue.Add(message);
        _queuedBytes += message.Frame.Count;
        StartIfNeeded();
        if (_writerWaits)
        {
            _writerWaits = false;
            Monitor.PulseAll(_lock);
        }

        return null;
    }

    private void StartIfNeeded()
    {
        if (_thread is null && !_closing)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = $"remoting to {Peer.HostPort()}" };
            _thread.Start();
        }
    }

    private void Run()
    {
        do
        {
            var connectedAt = 0L;
            try
            {
                using var socket = Open();
                connectedAt = Stopwatch.GetTimestamp();
                _remoting.Associated(Peer, inbound: false);
                WriteUntilClosed(socket);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e)
            {
                // Whatever it is, from a refusal to an address no resolver understands, it is this peer's alone.
                Fail(e, connectedAt);
            }
        }
        while (!EndsHere());
    }

    // With actors of the peer being watched, the thread does not end: it tries again whenever the gate opens.
    private bool EndsHere()
    {
        lock (_lock)
        {
            while (!_closing && _remoting.Watches.HasAny(Peer) && RemainingGate() is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_lock, left);
            }

            var ends = _closing || (_queue.Count == 0 && !_remoting.Watches.HasAny(Peer)) || RemainingGate() > TimeSpan.Zero;
            if (ends)
            {
                _thread = null;
            }

            return ends;
        }
    }

    private TimeSpan RemainingGate() => Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), Math.Max(_gateClosedUntil, Stopwatch.GetTimestamp()));

    private Socket Open()
    {
        SocketException? refused = null;
        foreach (var address in Dns.GetHostAddresses(Peer.Host!))
        {
            var socket = _remoting.CreateSocket(address.AddressFamily);
            lock (_lock)
            {
                _socket = socket;
            }

            try
            {
                var timeoutMilliseconds = (int)_remoting.Settings.ConnectionTimeout.TotalMilliseconds;
                socket.SendTimeout = timeoutMilliseconds;
                socket.Connect(address, Peer.Port!.Value);
                Handshake.Send(socket, new Hello(_remoting.LocalAddress, _remoting.Uid, Peer));
                var answer = Handshake.Receive(socket, _remoting.Settings.ConnectionTimeout);
                socket.SendTimeout = (int)_remoting.Settings.SilenceMax.TotalMilliseconds;
                Meet(answer);
                return socket;
            }
            catch (SocketException e)
            {
                refused = e;
                socket.Dispose();
            }
            catch (Exception)
            {
                socket.Dispose();
                throw;
            }
        }

        throw refused ?? new SocketException((int)SocketError.HostNotFound);
    }

    private void Meet(Hello answer)
    {
        if (answer.From != Peer || answer.To != _remoting.LocalAddress)
        {
            throw new InvalidDataException($"Reached {answer.From} at the address of {Peer}");
        }

        if (_peerUid != 0 && _peerUid != answer.Uid)
        {
            _remoting.Log.Info("{0} has restarted: its actors of before are gone", Peer);
        }

        _peerUid = answer.Uid;
    }

    private void WriteUntilClosed(Socket socket)
    {
        while (true)
        {
            lock (_lock)
            {
                while (_queue.Count == 0 && !_closing)
                {
                    _writerWaits = true;
                    Monitor.Wait(_lock, IdleCheckMilliseconds);
                    _writerWaits = false;
                    ThrowIfPeerClosed(socket);
                }

                if (_queue.Count == 0)
                {
                    return;
                }

                (_queue, _draining) = (_draining, _queue);
            }

            // A peer that has gone would swallow the first write after without an error.
            ThrowIfPeerClosed(socket);
            WriteAll(socket);
        }
    }

    private void WriteAll(Socket socket)
    {
        var filled = 0;
        var written = 0L;
        foreach (var message in _draining)
        {
            var frame = message.Frame.AsSpan();
            if (filled + frame.Length > _batch.Length)
            {
                Handshake.SendAll(socket, _batch.AsSpan(0, filled));
                filled = 0;
            }

            if (frame.Length > _batch.Length)
            {
                Handshake.SendAll(socket, frame);
            }
            else
            {
                frame.CopyTo(_batch.AsSpan(filled));
                filled += frame.Length;
            }

            written += frame.Length;
        }

        Handshake.SendAll(socket, _batch.AsSpan(0, filled));
        foreach (var message in _draining)
        {
            ArrayPool<byte>.Shared.Return(message.Frame.Array!);
        }

        _draining.Clear();
        lock (_lock)
        {
            _queuedBytes -= written;
        }
    }

    // On this connection the peer says nothing after its hello: anything readable is its end.
    private static void ThrowIfPeerClosed(Socket socket)
    {
        if (socket.Poll(0, SelectMode.SelectRead))
        {
            throw new EndOfStreamException("The peer closed the connection");
        }
    }

    private void Fail(Exception cause, long connectedAt)
    {
        var gate = _remoting.Settings.RetryGateClosedFor;
        var lost = new List<OutboundMessage>(_draining);
        _draining.Clear();
        bool closing;
        lock (_lock)
        {
            closing = _closing;
            // A connection that had held may be opened again at once; one that could not be, or did not last, waits.
            var reopens = connectedAt != 0 && Stopwatch.GetElapsedTime(connectedAt) > gate;
            _gateClosedUntil = reopens ? 0 : Stopwatch.GetTimestamp() + (long)(gate.TotalSeconds * Stopwatch.Frequency);
            if (!reopens || closing)
            {
                lost.AddRange(_queue);
                _queue.Clear();
            }

            _queuedBytes = _queue.Sum(m => (long)m.Frame.Count);
            _socket = null;
        }

        if (connectedAt != 0)
        {
            _remoting.Disassociated(Peer, inbound: false);
        }

        if (!closing)
        {
            _remoting.Log.Warning(
                "Association with {0} failed: {1}. {2} messages become dead letters. Gate closed for {3}", Peer, cause.Message, lost.Count, gate);
        }

        lost.ForEach(m => Drop(m));
    }

    private void Drop(in OutboundMessage message)
    {
        ArrayPool<byte>.Shared.Return(message.Frame.Array!);
        _remoting.DeadLetter(message.Message, message.Sender, message.Recipient);
    }
}
