using System.Buffers.Binary;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>What a server sent over one HTTP/2 connection, taken apart into gRPC messages.</summary>
internal sealed class Http2Responses
{
    private const int FrameHeaderBytes = 9;
    private const int MessageHeaderBytes = 5;
    private const byte DataFrame = 0;
    private const byte SettingsFrame = 4;

    private readonly MemoryStream _unread = new();
    private readonly Dictionary<int, MemoryStream> _messages = [];
    private bool _isHttp2 = true;
    private bool _isStarted;

    /// <summary>Takes the next bytes that were sent.</summary>
    /// <returns>The messages that they complete. None ever, if the connection does not begin as an HTTP/2 server does.</returns>
    public IReadOnlyList<byte[]> Sent(ReadOnlySpan<byte> bytes)
    {
        var complete = new List<byte[]>();
        if (!_isHttp2)
        {
            return complete;
        }

        _unread.Write(bytes);
        var unread = _unread.GetBuffer().AsSpan(0, (int)_unread.Length);
        while (unread.Length >= FrameHeaderBytes)
        {
            var length = (unread[0] << 16) | (unread[1] << 8) | unread[2];
            var type = unread[3];
            if (!_isStarted && type != SettingsFrame)
            {
                _isHttp2 = false;
                return complete;
            }

            _isStarted = true;
            if (unread.Length < FrameHeaderBytes + length)
            {
                break;
            }

            if (type == DataFrame)
            {
                var stream = BinaryPrimitives.ReadInt32BigEndian(unread[5..]) & int.MaxValue;
                Collect(stream, unread.Slice(FrameHeaderBytes, length), complete);
            }

            unread = unread[(FrameHeaderBytes + length)..];
        }

        var rest = unread.ToArray();
        _unread.SetLength(0);
        _unread.Write(rest);
        return complete;
    }

    private void Collect(int stream, ReadOnlySpan<byte> payload, List<byte[]> complete)
    {
        if (!_messages.TryGetValue(stream, out var collected))
        {
            _messages[stream] = collected = new MemoryStream();
        }

        collected.Write(payload);
        var bytes = collected.ToArray();
        if (bytes.Length < MessageHeaderBytes)
        {
            return;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1));
        if (bytes.Length >= MessageHeaderBytes + length)
        {
            complete.Add(bytes[MessageHeaderBytes..(MessageHeaderBytes + length)]);
            _messages.Remove(stream);
        }
    }
}
