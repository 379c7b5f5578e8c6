using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>What has been decided since the last <see cref="Ready"/>.</summary>
internal sealed class Outbox
{
    private List<RaftMessage> _messages = [];
    private List<RaftMessage> _messagesAfterFlush = [];
    private List<LogRead> _logReads = [];
    private List<SnapshotRequest> _snapshotRequests = [];
    private List<ReadState> _readStates = [];
    private List<ulong> _readFailures = [];

    /// <summary>Whether nothing waits.</summary>
    public bool IsEmpty =>
        _messages.Count == 0 && _messagesAfterFlush.Count == 0 && _logReads.Count == 0 && _snapshotRequests.Count == 0 &&
        _readStates.Count == 0 && _readFailures.Count == 0;

    /// <summary>To be sent at once.</summary>
    public void Send(RaftMessage message) => _messages.Add(message);

    /// <summary>To be sent when everything decided so far is durable.</summary>
    public void SendAfterFlush(RaftMessage message) => _messagesAfterFlush.Add(message);

    /// <summary>To be read back.</summary>
    public void Read(LogRead read) => _logReads.Add(read);

    /// <summary>To be sent by the host.</summary>
    public void Request(SnapshotRequest request) => _snapshotRequests.Add(request);

    /// <summary>May proceed.</summary>
    public void Answer(ReadState state) => _readStates.Add(state);

    /// <summary>Got no answer.</summary>
    public void Fail(ulong requestId) => _readFailures.Add(requestId);

    /// <summary>Hands everything over.</summary>
    public IReadOnlyList<RaftMessage> TakeMessages() => Interchange(ref _messages);

    /// <summary>Hands everything over.</summary>
    public IReadOnlyList<RaftMessage> TakeMessagesAfterFlush() => Interchange(ref _messagesAfterFlush);

    /// <summary>Hands everything over.</summary>
    public IReadOnlyList<LogRead> TakeLogReads() => Interchange(ref _logReads);

    /// <summary>Hands everything over.</summary>
    public IReadOnlyList<SnapshotRequest> TakeSnapshotRequests() => Interchange(ref _snapshotRequests);

    /// <summary>Hands everything over.</summary>
    public IReadOnlyList<ReadState> TakeReadStates() => Interchange(ref _readStates);

    /// <summary>Hands everything over.</summary>
    public IReadOnlyList<ulong> TakeReadFailures() => Interchange(ref _readFailures);

    private static IReadOnlyList<T> Interchange<T>(ref List<T> list)
    {
        if (list.Count == 0)
        {
            return [];
        }
        var taken = list;
        list = [];
        return taken;
    }
}
