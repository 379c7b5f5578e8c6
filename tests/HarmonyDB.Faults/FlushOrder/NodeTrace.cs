using System.Text;
using Google.Protobuf;
using HarmonyDB.Server.Etcd;

namespace HarmonyDB.Faults.FlushOrder;

/// <summary>What one node did to its log and when it answered clients, read from the trace of its system calls.</summary>
internal sealed class NodeTrace
{
    /// <summary>What every value of the workload begins with; <see cref="TokenBytes"/> in all, and nothing else in a log looks like it.</summary>
    public const string TokenPrefix = "flush-order-token-";

    /// <summary>Length of a token in bytes: the prefix and twelve digits.</summary>
    public const int TokenBytes = 30;

    private static readonly byte[] TokenPrefixBytes = Encoding.ASCII.GetBytes(TokenPrefix);

    private readonly Dictionary<string, LogWrite> _firstWrites = [];
    private readonly Dictionary<string, List<Flush>> _flushes = [];
    private readonly Dictionary<long, long> _answers = [];

    /// <summary>Takes in the calls of all threads of a node.</summary>
    /// <param name="name">The node's name.</param>
    /// <param name="calls">The calls, in any order.</param>
    /// <param name="logFolder">The folder of the node's log; writes elsewhere do not make an entry durable.</param>
    /// <param name="clientPort">Where it serves clients; other connections are not looked at.</param>
    public NodeTrace(string name, IEnumerable<TracedCall> calls, string logFolder, int clientPort)
    {
        Name = name;
        var connections = new Dictionary<string, Http2Responses>();
        var clientSocket = $"TCP:[127.0.0.1:{clientPort}->";
        foreach (var call in calls.OrderBy(c => c.StartMicroseconds))
        {
            switch (call.Name)
            {
                case "pwrite64" or "pwritev" or "pwritev2" or "write" or "writev" when call.Descriptor.StartsWith(logFolder, StringComparison.Ordinal):
                    Written(call);
                    break;
                case "fdatasync" or "fsync" when call.Descriptor.StartsWith(logFolder, StringComparison.Ordinal):
                    Flushed(call);
                    break;
                case "sendto" or "sendmsg" or "write" or "writev" when call.Descriptor.StartsWith(clientSocket, StringComparison.Ordinal):
                    Sent(call, connections);
                    break;
            }
        }
    }

    private NodeTrace(string name, NodeTrace other)
    {
        Name = name;
        _firstWrites = other._firstWrites;
        _answers = other._answers;
    }

    /// <summary>The node's name.</summary>
    public string Name { get; }

    /// <summary>Number of flushes of its log.</summary>
    public int FlushCount => _flushes.Values.Sum(f => f.Count(flush => flush.IsGood));

    /// <summary>Number of tokens that were written to its log.</summary>
    public int TokenCount => _firstWrites.Count;

    /// <summary>The same node, had it never flushed: what a check that works must object to.</summary>
    public NodeTrace WithoutFlushes() => new(Name, this);

    /// <summary>
    /// When the log entry with a token was durable here: the end of the first flush of its file that began after its write had ended. If that one failed
    /// it never was: what a failed flush dropped, a later one that succeeds has not written (N1).
    /// </summary>
    public bool TryGetDurable(string token, out long microseconds)
    {
        microseconds = 0;
        if (!_firstWrites.TryGetValue(token, out var write) || !_flushes.TryGetValue(write.Path, out var flushes))
        {
            return false;
        }

        // In order of their starts. The end of a later start may be the earlier one, but flushes of a file do not overlap here.
        var low = 0;
        var high = flushes.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (flushes[middle].StartMicroseconds < write.EndMicroseconds)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        var isDurable = low < flushes.Count && flushes[low].IsGood;
        microseconds = isDurable ? flushes[low].EndMicroseconds : 0;
        return isDurable;
    }

    /// <summary>When this node began to send the answer to the put that had this revision; false when another node answered it.</summary>
    public bool TryGetAnswered(long revision, out long microseconds) => _answers.TryGetValue(revision, out microseconds);

    private void Written(TracedCall call)
    {
        var rest = call.Data.AsSpan();
        for (var at = rest.IndexOf(TokenPrefixBytes); at >= 0 && rest.Length - at >= TokenBytes; at = rest.IndexOf(TokenPrefixBytes))
        {
            _firstWrites.TryAdd(Encoding.ASCII.GetString(rest.Slice(at, TokenBytes)), new LogWrite(call.Descriptor, call.EndMicroseconds));
            rest = rest[(at + TokenBytes)..];
        }
    }

    private void Flushed(TracedCall call)
    {
        if (!_flushes.TryGetValue(call.Descriptor, out var flushes))
        {
            _flushes[call.Descriptor] = flushes = [];
        }

        flushes.Add(new Flush(call.StartMicroseconds, call.EndMicroseconds, call.Result == 0));
    }

    private void Sent(TracedCall call, Dictionary<string, Http2Responses> connections)
    {
        if (!connections.TryGetValue(call.Descriptor, out var connection))
        {
            connections[call.Descriptor] = connection = new Http2Responses();
        }

        foreach (var message in connection.Sent(call.Data))
        {
            if (TryReadPutRevision(message, out var revision))
            {
                _answers.TryAdd(revision, call.StartMicroseconds);
            }
        }
    }

    /// <summary>The answer to a put (without the previous value) is a header and nothing else; a status or a range has more.</summary>
    private static bool TryReadPutRevision(byte[] message, out long revision)
    {
        revision = 0;
        var input = new CodedInputStream(message);
        if (input.ReadTag() != WireFormat.MakeTag(PutResponse.HeaderFieldNumber, WireFormat.WireType.LengthDelimited))
        {
            return false;
        }

        var header = ResponseHeader.Parser.ParseFrom(input.ReadBytes());
        revision = header.Revision;
        return input.IsAtEnd;
    }

    private readonly record struct LogWrite(string Path, long EndMicroseconds);

    private readonly record struct Flush(long StartMicroseconds, long EndMicroseconds, bool IsGood);
}
