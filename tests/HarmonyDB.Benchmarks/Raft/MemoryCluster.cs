using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;
using RaftConfiguration = HarmonyDB.Raft.Configuration;

namespace HarmonyDB.Benchmarks.Raft;

/// <summary>Members in one thread. Writes are durable and messages delivered as soon as the work before them is done; nothing is lost.</summary>
internal sealed class MemoryCluster
{
    private readonly RaftNode[] _nodes;
    private readonly Queue<RaftMessage> _network = new();
    private RaftNode? _leader;

    /// <summary>Creates members with empty logs.</summary>
    public MemoryCluster(int members)
    {
        var configuration = RaftConfiguration.ForVoters(Enumerable.Range(1, members).Select(id => new MemberId((ulong)id)));
        _nodes =
        [
            .. configuration.Voters.Select(id => new RaftNode(
                new RaftOptions { Id = id, ConfigurationCodec = new NoConfigurations() },
                RaftRestore.Blank(configuration), new SeededRandomSource(id.Value), TimeSpan.Zero)),
        ];
    }

    /// <summary>What one <see cref="Entry"/> occupies beside its payload.</summary>
    public static long EntryBytes { get; } = MeasureEntry();

    /// <summary>How many entries the leader has committed.</summary>
    public long Committed => (long)Leader.Commit.Value;

    /// <summary>What was allocated so far while the leader worked.</summary>
    public long LeaderAllocatedBytes { get; private set; }

    private RaftNode Leader => _leader ?? throw new InvalidOperationException("Nobody leads.");

    /// <summary>Makes the first member leader.</summary>
    /// <exception cref="InvalidOperationException">It was not elected.</exception>
    public void Elect()
    {
        var node = _nodes[0];
        node.Tick(node.NextDeadline);
        CarryOut(node);
        Deliver();
        _leader = node.Role == Role.Leader ? node : throw new InvalidOperationException("The first member was not elected.");
    }

    /// <summary>Proposes a batch and lets it be replicated, committed and applied everywhere.</summary>
    /// <exception cref="InvalidOperationException">It was not accepted or not committed.</exception>
    public void Replicate(ReadOnlyMemory<byte>[] payloads)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var last = LogIndex.Zero;
        foreach (var payload in payloads)
        {
            var result = Leader.Propose(payload);
            last = result.Status == ProposeStatus.Accepted ? result.Index : throw new InvalidOperationException($"Proposing: {result.Status}.");
        }

        LeaderAllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - before;
        CarryOut(Leader);
        Deliver();
        if (Leader.Commit != last)
        {
            throw new InvalidOperationException($"{last} was proposed, {Leader.Commit} is committed.");
        }
    }

    private void Deliver()
    {
        while (_network.TryDequeue(out var message))
        {
            var node = _nodes[message.To.Value - 1];
            var before = GC.GetAllocatedBytesForCurrentThread();
            node.Step(message);
            Count(node, before);
            CarryOut(node);
        }
    }

    private void CarryOut(RaftNode node)
    {
        while (node.HasReady)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var ready = node.TakeReady();
            Count(node, before);
            Send(ready.Messages);
            before = GC.GetAllocatedBytesForCurrentThread();
            node.Persisted(ready.Number);
            if (ready.CommittedEntries.Count > 0)
            {
                node.AppliedTo(ready.CommittedEntries[^1].Index);
            }

            Count(node, before);
            Send(ready.MessagesAfterFlush);
        }
    }

    private void Count(RaftNode node, long before)
    {
        if (node == _leader)
        {
            LeaderAllocatedBytes += GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private void Send(IReadOnlyList<RaftMessage> messages)
    {
        for (var i = 0; i < messages.Count; i++)
        {
            _network.Enqueue(messages[i]);
        }
    }

    private static long MeasureEntry()
    {
        const int count = 1000;
        var entries = new Entry[count];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < count; i++)
        {
            entries[i] = new Entry(new LogIndex((ulong)i + 1), new Term(1), EntryKind.Command, ReadOnlyMemory<byte>.Empty);
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(entries);
        return allocated / count;
    }

    private sealed class NoConfigurations : IConfigurationCodec
    {
        public RaftConfiguration Decode(ReadOnlyMemory<byte> payload) => throw new FormatException("No configuration is ever proposed here.");

        public ReadOnlyMemory<byte> EncodeJoint(RaftConfiguration current, RaftConfiguration target) =>
            throw new FormatException("No configuration is ever proposed here.");

        public ReadOnlyMemory<byte> EncodeFinal(RaftConfiguration joint) => throw new FormatException("No configuration is ever proposed here.");
    }
}
