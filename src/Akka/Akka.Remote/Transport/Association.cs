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
internal sealed class Association(Remoting remoting, Address peer)
{
    // Between writes the thread looks this often whether the peer has closed; a peer that connected to us wakes it at once.
    private const int IdleCheckMilliseconds = 1_000;
    private const int BatchBytes = 64 * 1024;
    private readonly object _lock = new();
    private readonly byte[] _batch = new byte[BatchBytes];
    private List<OutboundMessage> _queue = [];
    private List<OutboundMessage> _draining = [];
    private long _queuedBytes;
    private long _gateClosedUntil;
    private long _peerUid;

    // When it failed first since it last held; 0 while it holds. Of the thread that writes alone.
    private long _failedAt;
    private bool _writerWaits;
    private bool _closing;
    private bool _retired;
    private bool _isFull;
    private Thread? _thread;
    private Socket? _socket;

    private bool WatchesPeer => remoting.Watches.Of(peer).Count > 0;

    /// <summary>Marks the peer as forgotten, unless something would be lost by that.</summary>
    public bool TryRetire()
    {
        lock (_lock)
        {
            return _retired |= _thread is null && _queue.Count == 0 && Stopwatch.GetTimestamp() >= _gateClosedUntil;
        }
    }

    /// <summary>Queues the message, or makes a dead letter of it.</summary>
    /// <returns>False, with nothing done, if the peer has been forgotten: two associations would not keep the order.</returns>
    public bool TrySend(in OutboundMessage message)
    {
        string? warning = null;
        lock (_lock)
        {
            if (_retired)
            {
                return false;
            }

            if (!_closing && TryEnqueue(message, ref warning))
            {
                return true;
            }
        }

        Drop(message);
        if (warning is not null)
        {
            remoting.Log.Warning("Dropping messages to {0}: {1}", peer, warning);
        }

        return true;
    }

    /// <summary>The peer has come, so what the gate held back may try again, or it has gone, so the writer looks at once whether it is still there.</summary>
    public void PeerChanged(bool hasCome)
    {
        lock (_lock)
        {
            _gateClosedUntil = hasCome ? 0 : _gateClosedUntil;
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

    private bool TryEnqueue(in OutboundMessage message, ref string? warning)
    {
        if (Stopwatch.GetTimestamp() < _gateClosedUntil)
        {
            return false;
        }

        var wasFull = _isFull;
        _isFull = _queue.Count >= TransportSettings.QueuedMessagesMax || _queuedBytes + message.Frame.Count > TransportSettings.QueuedBytesMax;
        if (_isFull)
        {
            warning = wasFull ? null : $"{_queue.Count} messages ({_queuedBytes} bytes) wait to be sent, more are not queued";
            return false;
        }

        _queue.Add(message);
        _queuedBytes += message.Frame.Count;
        if (_thread is null)
        {
            _thread = new Thread(Run) { IsBackground = true, Name = $"remoting to {peer.HostPort()}" };
            _thread.Start();
        }

        if (_writerWaits)
        {
            _writerWaits = false;
            Monitor.PulseAll(_lock);
        }

        return true;
    }

    private void Run()
    {
        do
        {
            var connectedAt = 0L;
            try
            {
                var socket = Open();
                connectedAt = Stopwatch.GetTimestamp();
                remoting.Rewatch(peer);
                WriteUntilClosed(socket);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e)
            {
                // Whatever it is, from a refusal to an address no resolver understands, it is this peer's alone.
                Fail(e, connectedAt);
            }
            finally
            {
                _socket?.Dispose();
            }
        }
        while (!EndsHere());
    }

    // With actors of the peer being watched, the thread does not end: it tries again whenever the gate opens.
    private bool EndsHere()
    {
        lock (_lock)
        {
            while (!_closing && WatchesPeer && RemainingGate() is var left && left > TimeSpan.Zero)
            {
                Monitor.Wait(_lock, left);
            }

            var ends = _closing || (_queue.Count == 0 && !WatchesPeer) || RemainingGate() > TimeSpan.Zero;
            _thread = ends ? null : _thread;
            return ends;
        }
    }

    private TimeSpan RemainingGate() => Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), Math.Max(_gateClosedUntil, Stopwatch.GetTimestamp()));

    private Socket Open()
    {
        SocketException? refused = null;
        foreach (var address in Dns.GetHostAddresses(peer.Host!))
        {
            var socket = remoting.CreateSocket(address.AddressFamily);
            lock (_lock)
            {
                _socket = socket;
            }

            try
            {
                socket.SendTimeout = (int)remoting.Settings.ConnectionTimeout.TotalMilliseconds;
                socket.Connect(address, peer.Port!.Value);
                Handshake.Send(socket, new Hello(remoting.LocalAddress, remoting.Uid, peer));
                Meet(Handshake.Receive(socket, remoting.Settings.ConnectionTimeout));
                socket.SendTimeout = (int)remoting.Settings.SilenceMax.TotalMilliseconds;
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                refused = e;
            }
        }

        throw refused ?? new SocketException((int)SocketError.HostNotFound);
    }

    private void Meet(Hello answer)
    {
        if (answer.From != peer || answer.To != remoting.LocalAddress)
        {
            throw new InvalidDataException($"Reached {answer.From} at the address of {peer}");
        }

        if (_peerUid != 0 && _peerUid != answer.Uid)
        {
            remoting.Log.Info("{0} has restarted: its actors of before are gone", peer);
        }

        _peerUid = answer.Uid;
        if (_failedAt != 0)
        {
            remoting.Log.Info("Association with {0} is back after {1}", peer, Stopwatch.GetElapsedTime(_failedAt));
            _failedAt = 0;
        }
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
        }

        Handshake.SendAll(socket, _batch.AsSpan(0, filled));
        lock (_lock)
        {
            _queuedBytes -= _draining.Sum(m => (long)m.Frame.Count);
        }

        _draining.ForEach(m => ArrayPool<byte>.Shared.Return(m.Frame.Array!));
        _draining.Clear();
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
        var gate = remoting.Settings.RetryGateClosedFor;
        var lost = new List<OutboundMessage>(_draining);
        _draining.Clear();
        lock (_lock)
        {
            // A connection that had held may be opened again at once; one that could not be, or did not last, waits.
            var reopens = connectedAt != 0 && Stopwatch.GetElapsedTime(connectedAt) > gate;
            _gateClosedUntil = reopens ? 0 : Stopwatch.GetTimestamp() + (long)(gate.TotalSeconds * Stopwatch.Frequency);
            if (!reopens || _closing)
            {
                lost.AddRange(_queue);
                _queue.Clear();
            }

            _queuedBytes = _queue.Sum(m => (long)m.Frame.Count);
        }

        if (!Volatile.Read(ref _closing))
        {
            var what = $"{cause.Message}. {lost.Count} messages become dead letters";
            if (_failedAt == 0)
            {
                _failedAt = Stopwatch.GetTimestamp();
                remoting.Log.Warning("Association with {0} failed: {1}. Gate closed for {2}", peer, what, gate);
            }
            else
            {
                // Told once: a peer that stays away is no news with each try.
                remoting.Log.Debug("Association with {0} failed again: {1}. Gate closed for {2}", peer, what, gate);
            }
        }

        lost.ForEach(m => Drop(m));
    }

    private void Drop(in OutboundMessage message)
    {
        ArrayPool<byte>.Shared.Return(message.Frame.Array!);
        remoting.DeadLetter(message.Message, message.Sender, message.Recipient);
    }
}
