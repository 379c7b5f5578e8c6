using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Replication;

/// <summary>
/// A member's side of a snapshot that a leader sends: takes the parts in order, has them written aside and checked as a whole, and only then tells the core,
/// which decides whether to install it. Nothing of the member's own state is touched before that. Pure: the host writes and checks.
/// </summary>
internal sealed class SnapshotReceiving
{
    private readonly Action<ReplicaEffect> _emit;
    private readonly Action<MemberId, IPeerMessage> _send;
    private SnapshotChunk? _transfer;
    private long _receivedBytes;
    private bool _checking;

    /// <summary>Creates it.</summary>
    /// <param name="emit">Takes effects.</param>
    /// <param name="send">Takes messages to members.</param>
    public SnapshotReceiving(Action<ReplicaEffect> emit, Action<MemberId, IPeerMessage> send)
    {
        _emit = emit;
        _send = send;
    }

    /// <summary>A part came.</summary>
    public void Take(SnapshotChunk chunk, RaftNode node)
    {
        // One of an earlier term comes from a leader that is none any more; a heartbeat's answer tells it.
        if (chunk.Term < node.Term || !SnapshotSending.IsWhole(chunk))
        {
            return;
        }

        if (chunk.Snapshot.Index <= node.Commit)
        {
            // It brings nothing new. The core says so to the leader's, and replication goes on from there.
            Answer(chunk, chunk.Offset + chunk.Data.Length, SnapshotStatus.Complete);
            node.Step(Message(chunk));
            return;
        }

        bool isNew = _transfer is null || (chunk.Term, chunk.TransferId).CompareTo((_transfer.Term, _transfer.TransferId)) > 0;
        if (isNew && chunk.Offset == 0 && !_checking)
        {
            _transfer = chunk;
            _receivedBytes = 0;
        }
        else if (_transfer is null || chunk.TransferId != _transfer.TransferId || chunk.Term != _transfer.Term)
        {
            if (isNew && !_checking)
            {
                Answer(chunk, 0, SnapshotStatus.Failed);
            }

            return;
        }

        if (chunk.Offset != _receivedBytes || _checking)
        {
            // Twice, or with a gap before it, or while all is being checked: the leader hears that this member is alive and what it has.
            Answer(chunk, _receivedBytes, SnapshotStatus.Receiving);
            return;
        }

        _receivedBytes += chunk.Data.Length;
        _emit(new WriteSnapshotEffect(chunk.Offset, chunk.Data));
        if (chunk.IsLast)
        {
            _checking = true;
            _emit(new CheckSnapshotEffect(chunk.Snapshot.Index, chunk.Snapshot.Term));
        }
    }

    /// <summary>The host has written this much.</summary>
    public void Written(long bytes)
    {
        if (_transfer is not null)
        {
            Answer(_transfer, bytes, SnapshotStatus.Receiving);
        }
    }

    /// <summary>The host has checked the whole, or could not write or use it.</summary>
    public void Checked(string? problem, RaftNode node)
    {
        if (_transfer is not { } transfer)
        {
            return;
        }

        _transfer = null;
        _checking = false;
        if (problem is not null)
        {
            _emit(new NoticeEffect(true, $"The snapshot up to entry {transfer.Snapshot.Index} cannot be used: {problem}"));
            Answer(transfer, 0, SnapshotStatus.Failed);
            return;
        }

        Answer(transfer, _receivedBytes, SnapshotStatus.Complete);
        node.Step(Message(transfer));
    }

    private static InstallSnapshot Message(SnapshotChunk chunk) => new(chunk.From, chunk.To, chunk.Term, chunk.Snapshot);

    private void Answer(SnapshotChunk chunk, long receivedBytes, SnapshotStatus status) =>
        _send(chunk.From, new SnapshotAnswer(chunk.ClusterId, chunk.To, chunk.From, chunk.TransferId, receivedBytes, status));
}
