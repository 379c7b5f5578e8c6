using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;

namespace Akka.Remote.Transport;

/// <summary>A connection a peer opened to send on. A thread of its own reads; whatever is wrong with it ends this connection only (A10, A14).</summary>
internal sealed class InboundConnection
{
    private readonly Remoting _remoting;
    private readonly Socket _socket;
    private readonly Thread _thread;
    private byte[] _buffer = new byte[16 * 1024];

    public InboundConnection(Remoting remoting, Socket socket)
    {
        _remoting = remoting;
        _socket = socket;
        _thread = new Thread(Run) { IsBackground = true, Name = "remoting from a peer" };
    }

    /// <summary>Null until its hello.</summary>
    public Address? Peer { get; private set; }
    public void Start() => _thread.Start();

    /// <summary>Closes, and returns when nothing it read is being delivered any more.</summary>
    public void CloseAndWait()
    {
        _socket.Dispose();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    private void Run()
    {
        var from = "a peer";
        try
        {
            from = _socket.RemoteEndPoint?.ToString() ?? from;
            var hello = Handshake.Receive(_socket, _remoting.Settings.ConnectionTimeout);
            if (hello.To != _remoting.LocalAddress)
            {
                throw new InvalidDataException($"{hello.From} looks for {hello.To}, but this is {_remoting.LocalAddress}");
            }

            Peer = hello.From;
            from = Peer.ToString();
            _remoting.Register(this);
            _socket.SendTimeout = (int)_remoting.Settings.ConnectionTimeout.TotalMilliseconds;
            Handshake.Send(_socket, new Hello(_remoting.LocalAddress, _remoting.Uid, hello.From));
            _remoting.Rewatch(Peer);
            ReadUntilClosed(new MessageReceiver(_remoting, Peer));
        }
        catch (Exception e)
        {
            var level = e is SocketException or IOException or ObjectDisposedException ? LogLevel.DebugLevel : LogLevel.WarningLevel;
            _remoting.Log.Log(level, null, $"The connection from {from} ends: {e.Message}");
        }
        finally
        {
            _socket.Dispose();
            _remoting.Unregister(this);
        }
    }

    private void ReadUntilClosed(MessageReceiver receiver)
    {
        var filled = 0;
        while (true)
        {
            var received = _socket.Receive(_buffer.AsSpan(filled));
            if (received == 0)
            {
                return;
            }

            filled += received;
            var consumed = Deliver(receiver, _buffer.AsSpan(0, filled), out var frameBytes);
            filled -= consumed;
            _buffer.AsSpan(consumed, filled).CopyTo(_buffer);
            if (frameBytes > _buffer.Length)
            {
                Array.Resize(ref _buffer, frameBytes);
            }
        }
    }

    // Delivers the whole frames; returns their bytes, and how many the frame that is not whole yet will have.
    private int Deliver(MessageReceiver receiver, ReadOnlySpan<byte> bytes, out int frameBytes)
    {
        var consumed = 0;
        while (true)
        {
            frameBytes = 0;
            if (bytes.Length - consumed < FrameWriter.LengthBytes)
            {
                return consumed;
            }

            var length = BitConverter.ToInt32(bytes[consumed..]);
            if (length <= 0 || length > _remoting.Settings.FrameBytesMax)
            {
                throw new InvalidDataException($"A frame of {length} bytes; the limit is {_remoting.Settings.FrameBytesMax}");
            }

            frameBytes = FrameWriter.LengthBytes + length;
            if (bytes.Length - consumed < frameBytes)
            {
                return consumed;
            }

            receiver.Deliver(bytes.Slice(consumed + FrameWriter.LengthBytes, length));
            consumed += frameBytes;
        }
    }
}
