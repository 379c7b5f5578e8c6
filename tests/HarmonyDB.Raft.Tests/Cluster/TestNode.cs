using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>A member with a disk and a state machine, driven the way a host drives it.</summary>
internal sealed class TestNode
{
    private readonly RaftOptions _options;
    private readonly Action<RaftMessage> _send;
    private readonly Dictionary<(LogIndex, Term), IReadOnlyList<Entry>> _states;
    private Configuration _initial;
    private ulong _restarts;

    /// <param name="options">The member's settings.</param>
    /// <param name="initial">The members as far as it knows.</param>
    /// <param name="send">Takes what it sends.</param>
    /// <param name="states">The states that snapshots stand for, shared by all: whoever is sent the name of one can look it up.</param>
    /// <param name="disk">Its disk, if not an empty one.</param>
    public TestNode(
        RaftOptions options, Configuration initial, Action<RaftMessage> send, Dictionary<(LogIndex, Term), IReadOnlyList<Entry>> states, TestDisk? disk = null)
    {
        _states = states;
        _options = options;
        _initial = initial;
        _send = send;
        Disk = disk ?? new TestDisk();
        Node = Start();
    }

    public event Action<TestNode, Ready>? ReadyTaken;

    public event Action<TestNode, Entry>? EntryApplied;

    public event Action<TestNode, SnapshotMetadata>? SnapshotInstalled;

    public event Action<TestNode, ReadState>? ReadAnswered;

    public event Action<TestNode, ulong>? ReadFailed;

    public MemberId Id => _options.Id;

    public RaftNode Node { get; private set; }

    public TestDisk Disk { get; }

    public TimeSpan Now { get; private set; }

    public bool IsUp { get; private set; } = true;

    /// <summary>Whether flushes wait for <see cref="Flush"/>.</summary>
    public bool HoldDisk { get; set; }

    /// <summary>Whether reports of what is applied wait for <see cref="ReportApplied"/>.</summary>
    public bool HoldApplied { get; set; }

    public Queue<Ready> Unflushed { get; } = new();

    public void Step(RaftMessage message)
    {
        if (IsUp)
        {
            Node.Step(message);
            Pump();
        }
    }

    public void Advance(TimeSpan time)
    {
        Now += time;
        if (IsUp)
        {
            Node.Tick(Now);
            Pump();
        }
    }

    public void AdvanceToDeadline() => Advance(Node.NextDeadline > Now ? Node.NextDeadline - Now : TimeSpan.Zero);

    public ProposeResult Propose(byte[] payload)
    {
        var result = Node.Propose(payload);
        Pump();
        return result;
    }

    public ReadIndexStatus ReadIndex(ulong requestId)
    {
        var status = Node.ReadIndex(requestId);
        Pump();
        return status;
    }

    public ReadIndexStatus ReadIndex(ulong requestId, TimeSpan now)
    {
        Now = now;
        var status = Node.ReadIndex(requestId, now);
        Pump();
        return status;
    }

    public TransferResult TransferLeadership(MemberId target)
    {
        var result = Node.TransferLeadership(target);
        Pump();
        return result;
    }

    public TransferResult TransferLeadership()
    {
        var result = Node.TransferLeadership();
        Pump();
        return result;
    }

    public void Pump()
    {
        while (IsUp && Node.HasReady)
        {
            Carry(Node.TakeReady());
        }
    }

    public void Flush(int maximum = int.MaxValue)
    {
        for (var i = 0; i < maximum && Unflushed.TryDequeue(out var ready); i++)
        {
            Disk.Write(ready, _states);
            Node.Persisted(ready.Number);
            if (ready.Snapshot is not null)
            {
                SnapshotInstalled?.Invoke(this, ready.Snapshot);
                if (!HoldApplied)
                {
                    Node.AppliedTo(ready.Snapshot.Index);
                }
            }
            foreach (var message in ready.MessagesAfterFlush)
            {
                _send(message);
            }
        }
        Pump();
    }

    public void ReportApplied()
    {
        Node.AppliedTo(new LogIndex((ulong)Disk.Applied.Count));
        Pump();
    }

    /// <summary>Loses everything not on disk. Of the writes under way a number may have reached it, unreported.</summary>
    public void Crash(int unreportedWrites = 0)
    {
        IsUp = false;
        for (var i = 0; i < unreportedWrites && Unflushed.TryDequeue(out var ready); i++)
        {
            Disk.Write(ready, _states);
        }
        Unflushed.Clear();
    }

    /// <summary>Discards the log up to an index, as far as what is applied allows.</summary>
    public void Compact(LogIndex index)
    {
        index = LogIndex.Min(index, Node.Applied);
        if (Unflushed.All(ready => ready.Snapshot is null) && index >= Disk.FirstIndex && Node.TryDescribeSnapshot(index, out var snapshot))
        {
            Disk.Compact(snapshot);
            Node.CompactedTo(index);
        }
    }

    /// <summary>Loses everything on the disk while down. It then knows of no members either.</summary>
    public void Wipe()
    {
        Disk.Wipe();
        _initial = Configuration.Empty;
    }

    public void Restart()
    {
        _restarts++;
        Node = Start();
        IsUp = true;
        Pump();
    }

    private RaftNode Start() => new(_options, Disk.Restore(_initial), new SeededRandomSource((Id.Value * 1000) + _restarts), Now);

    private void Carry(Ready ready)
    {
        ReadyTaken?.Invoke(this, ready);
        foreach (var message in ready.Messages)
        {
            _send(message);
        }
        Unflushed.Enqueue(ready);
        foreach (var entry in ready.CommittedEntries)
        {
            Assert.True(entry.Index <= Disk.LastIndex, $"R27: entry {entry.Index} is handed out before it is durable here.");
            Assert.Equal((ulong)Disk.Applied.Count + 1, entry.Index.Value);
            Disk.Applied.Add(entry);
            EntryApplied?.Invoke(this, entry);
        }
        if (ready.CommittedEntries.Count > 0 && !HoldApplied)
        {
            Node.AppliedTo(ready.CommittedEntries[^1].Index);
        }
        foreach (var read in ready.LogReads)
        {
            Node.EntriesRead(read, Disk.Read(read));
        }
        foreach (var request in ready.SnapshotsToSend)
        {
            SendSnapshot(request);
        }
        foreach (var state in ready.ReadStates)
        {
            ReadAnswered?.Invoke(this, state);
        }
        foreach (var requestId in ready.ReadFailures)
        {
            ReadFailed?.Invoke(this, requestId);
        }
        if (!HoldDisk)
        {
            Flush();
        }
    }

    private void SendSnapshot(SnapshotRequest request)
    {
        if (Node.TryDescribeSnapshot(Node.Applied, out var snapshot))
        {
            Assert.True(snapshot.Index >= request.MinimumIndex, $"Nothing reaches {request.MinimumIndex}.");
            _states[(snapshot.Index, snapshot.Term)] = Disk.Applied.GetRange(0, (int)snapshot.Index.Value);
            _send(new InstallSnapshot(Id, request.Peer, request.Term, snapshot));
            return;
        }
        Node.SnapshotFailed(request.Peer);
    }
}
