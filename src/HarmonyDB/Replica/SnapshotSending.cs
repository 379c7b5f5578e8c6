using System.Numerics;
using System.Runtime.InteropServices;
using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// A leader's side of snapshots on their way to peers: reads the pinned state of the store part by part, keeps at most 256 KiB of each stream under way
/// without an answer, and sends again what was not answered in time. What was lost on the way is resumed, also after a receiver was out of reach for long; one
/// that forgot what it had is begun anew. Pure: the host reads and sends.
/// </summary>
internal sealed class SnapshotSending
{
    /// <summary>Bytes in one part: well below any frame size.</summary>
    public const int ChunkBytes = 64 << 10;

    /// <summary>Most bytes of one stream that are sent and not answered.</summary>
    public const int UnacknowledgedBytesMaximum = 256 << 10;

    private const int TransfersMaximum = 2;
    private static readonly TimeSpan ResendAfter = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProbeAfter = TimeSpan.FromSeconds(2);

    private readonly Action<ReplicaEffect> _emit;
    private readonly Action<MemberId, IPeerMessage> _send;
    private readonly TimeSpan _pinTimeout;
    private readonly SortedDictionary<ulong, Transfer> _transfers = [];
    private ulong _lastId;

    /// <summary>Creates it without transfers.</summary>
    /// <param name="emit">Takes effects.</param>
    /// <param name="send">Takes messages to members.</param>
    /// <param name="pinTimeout">How long one transfer may keep its state of the store.</param>
    public SnapshotSending(Action<ReplicaEffect> emit, Action<MemberId, IPeerMessage> send, TimeSpan pinTimeout)
    {
        _emit = emit;
        _send = send;
        _pinTimeout = pinTimeout;
    }

    /// <summary>The log must reach back to the entry after this one, or a receiver would need another snapshot at once.</summary>
    public LogIndex OldestIndex => _transfers.Values.Where(t => t.Name is not null).Select(t => t.Name!.Index)
        .Aggregate(new LogIndex(ulong.MaxValue), LogIndex.Min);

    /// <summary>When <see cref="Tick"/> has something to do.</summary>
    public TimeSpan NextDeadline => _transfers.Count == 0 ? TimeSpan.MaxValue : _transfers.Values.Min(t => t.DueAt);

    /// <summary>
    /// The core asks for snapshots. One too many, while all others make progress, is reported as failed: it comes up again with the peer's next sign of life.
    /// </summary>
    public void Begin(IReadOnlyList<SnapshotRequest> requests, RaftNode node, TimeSpan now)
    {
        foreach (SnapshotRequest request in requests)
        {
            // The core forgot the one before: the peer came to where the log continued and fell behind again.
            if (_transfers.Values.FirstOrDefault(t => t.Request.Peer == request.Peer) is { } former)
            {
                Close(former);
            }

            if (_transfers.Count == TransfersMaximum)
            {
                Transfer quietest = _transfers.Values.MinBy(t => t.ProgressAt)!;
                if (now - quietest.ProgressAt < Patience)
                {
                    node.SnapshotFailed(request.Peer);
                    continue;
                }

                Fail(quietest, node, "another member needs one, and this one does not answer");
            }

            _transfers.Add(++_lastId, new Transfer(_lastId, request, now));
            _emit(new OpenSnapshotEffect(_lastId));
        }
    }

    /// <summary>This node does not lead any more: nothing of it is wanted.</summary>
    public void End()
    {
        foreach (ulong id in _transfers.Keys)
        {
            _emit(new CloseSnapshotEffect(id));
        }

        _transfers.Clear();
    }

    /// <summary>The host has pinned the store's newest state.</summary>
    public void Opened(ulong id, LogIndex index, RaftNode node, TimeSpan now)
    {
        if (_transfers.TryGetValue(id, out Transfer? transfer))
        {
            transfer.Pinned = index;
            Name(transfer, node, now);
        }
    }

    /// <summary>More is applied: a state whose entries were not reported as applied when it was pinned can be named now.</summary>
    public void Applied(RaftNode node, TimeSpan now)
    {
        foreach (Transfer transfer in _transfers.Values.Where(t => t.Name is null && t.Pinned > LogIndex.Zero).ToArray())
        {
            Name(transfer, node, now);
        }
    }

    /// <summary>The host has read the next part.</summary>
    public void Read(ulong id, ReadOnlyMemory<byte> data, bool isEnd, RaftNode node, ulong clusterId, TimeSpan now)
    {
        if (!_transfers.TryGetValue(id, out Transfer? transfer))
        {
            return;
        }

        var part = new Part(transfer.SentBytes, data, isEnd);
        transfer.Reading = false;
        transfer.Ended = isEnd;
        transfer.SentBytes += data.Length;
        transfer.Window.Enqueue(part);
        Send(transfer, part, node, clusterId, now);
        Continue(transfer);
    }

    /// <summary>A receiver says how far it is.</summary>
    public void Answered(SnapshotAnswer answer, RaftNode node, TimeSpan now)
    {
        if (!_transfers.TryGetValue(answer.TransferId, out Transfer? transfer) || transfer.Request.Peer != answer.From || transfer.Name is null)
        {
            return;
        }

        switch (answer.Status)
        {
            case SnapshotStatus.Complete:
                Close(transfer);
                node.SnapshotSent(transfer.Request.Peer, transfer.Name.Index);
                break;
            case SnapshotStatus.Failed:
                Fail(transfer, node, "the receiver cannot use it");
                break;
            case SnapshotStatus.Receiving when answer.ReceivedBytes < transfer.AcknowledgedBytes || answer.ReceivedBytes > transfer.SentBytes:
                // Answers overtake each other; one from the past says nothing new.
                break;
            default:
                transfer.ProgressAt = now;
                transfer.AcknowledgedBytes = answer.ReceivedBytes;
                if (transfer.ResendAfter == ProbeAfter)
                {
                    // It is back; all that was under way when it went was lost.
                    transfer.ResendAfter = ResendAfter;
                    transfer.SentAt = now - ResendAfter;
                }

                while (transfer.Window.TryPeek(out Part part) && part.Offset + part.Data.Length <= answer.ReceivedBytes && !part.IsLast)
                {
                    transfer.Window.Dequeue();
                }

                Continue(transfer);
                break;
        }
    }

    /// <summary>
    /// Sends again what was not answered. A receiver that is out of reach is asked now and then where it is, as long as its state of the store may be kept:
    /// what it has by then need not be sent twice.
    /// </summary>
    public void Tick(RaftNode node, ulong clusterId, TimeSpan now)
    {
        foreach (Transfer transfer in _transfers.Values.ToArray())
        {
            if (now - transfer.BeganAt >= _pinTimeout)
            {
                Fail(transfer, node, "it took too long (harmony.snapshot.pin-timeout)");
            }
            else if (node.Role == Role.Leader && node.Peers.All(p => p.Member != transfer.Request.Peer))
            {
                Fail(transfer, node, "it is no member any more");
            }
            else if (transfer.Name is null && now - transfer.BeganAt >= Patience)
            {
                Fail(transfer, node, "the store's state was not there in time");
            }
            else if (now >= transfer.DueAt)
            {
                bool isQuiet = now - transfer.ProgressAt >= Patience;
                transfer.SentAt = now;
                transfer.ResendAfter = isQuiet ? ProbeAfter : ResendAfter;
                foreach (Part part in transfer.Window.Take(isQuiet ? 1 : int.MaxValue))
                {
                    Send(transfer, part, node, clusterId, now);
                }
            }
        }
    }

    /// <summary>Whether the data is what was sent.</summary>
    internal static bool IsWhole(SnapshotChunk chunk) => Checksum(chunk.Offset, chunk.Data.Span) == chunk.Checksum;

    private static uint Checksum(long offset, ReadOnlySpan<byte> data)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, (ulong)offset);
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(data);
        foreach (ulong word in words)
        {
            crc = BitOperations.Crc32C(crc, word);
        }

        foreach (byte tail in data[(words.Length * sizeof(ulong))..])
        {
            crc = BitOperations.Crc32C(crc, tail);
        }

        return ~crc;
    }

    private void Name(Transfer transfer, RaftNode node, TimeSpan now)
    {
        if (transfer.Pinned > node.Applied)
        {
            return;
        }

        if (transfer.Pinned < transfer.Request.MinimumIndex || !node.TryDescribeSnapshot(transfer.Pinned, out SnapshotMetadata? metadata))
        {
            Fail(transfer, node, $"the store's state at entry {transfer.Pinned} is too old");
            return;
        }

        transfer.Name = metadata;
        transfer.ProgressAt = now;
        _emit(new NoticeEffect(false, $"Sending member {transfer.Request.Peer} a snapshot: it lacks entries up to {transfer.Request.MinimumIndex}, the store has {metadata.Index}."));
        Continue(transfer);
    }

    private void Continue(Transfer transfer)
    {
        if (!transfer.Reading && !transfer.Ended && transfer.SentBytes - transfer.AcknowledgedBytes + ChunkBytes <= UnacknowledgedBytesMaximum)
        {
            transfer.Reading = true;
            _emit(new ReadSnapshotEffect(transfer.Id, ChunkBytes));
        }
    }

    private void Send(Transfer transfer, Part part, RaftNode node, ulong clusterId, TimeSpan now)
    {
        transfer.SentAt = now;
        _send(transfer.Request.Peer, new SnapshotChunk(
            clusterId, node.Id, transfer.Request.Peer, transfer.Request.Term, transfer.Id, transfer.Name!, part.Offset, part.Data,
            Checksum(part.Offset, part.Data.Span), part.IsLast));
    }

    private void Fail(Transfer transfer, RaftNode node, string reason)
    {
        _emit(new NoticeEffect(true, $"The snapshot for member {transfer.Request.Peer} did not arrive: {reason}."));
        Close(transfer);
        node.SnapshotFailed(transfer.Request.Peer);
    }

    private void Close(Transfer transfer)
    {
        _transfers.Remove(transfer.Id);
        _emit(new CloseSnapshotEffect(transfer.Id));
    }

    private readonly record struct Part(long Offset, ReadOnlyMemory<byte> Data, bool IsLast);

    private sealed class Transfer(ulong id, SnapshotRequest request, TimeSpan now)
    {
        public ulong Id { get; } = id;

        public SnapshotRequest Request { get; } = request;

        public TimeSpan BeganAt { get; } = now;

        public Queue<Part> Window { get; } = new();

        public LogIndex Pinned { get; set; }

        public SnapshotMetadata? Name { get; set; }

        public long SentBytes { get; set; }

        public long AcknowledgedBytes { get; set; }

        public bool Reading { get; set; }

        public bool Ended { get; set; }

        public TimeSpan ProgressAt { get; set; } = now;

        public TimeSpan SentAt { get; set; } = now;

        public TimeSpan ResendAfter { get; set; } = SnapshotSending.ResendAfter;

        /// <summary>When what is not answered is sent again.</summary>
        public TimeSpan DueAt => SentAt + ResendAfter;
    }
}
