using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft.Tests.Cluster;

/// <summary>A member with a disk and a state machine, driven the way a host drives it.</summary>
internal sealed class TestNode
{
    private readonly RaftOptions _options;
    private readonly Configuration _initial;
    private readonly Action<RaftMessage> _send;
    private ulong _restarts;

    public TestNode(RaftOptions options, Configuration initial, Action<RaftMessage> send, TestDisk? disk = null)
    {
        _options = options;
        _initial = initial;
        _send = send;
        Disk = disk ?? new TestDisk();
        Node = Start();
    }

    public event Action<TestNode, Ready>? ReadyTaken;

    public event Action<TestNode, Entry>? EntryApplied;

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
            Disk.Write(ready);
            Node.Persisted(ready.Number);
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
            Disk.Write(ready);
        }
        Unflushed.Clear();
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
}
