using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Raft;

/// <summary>One member of a Raft cluster.</summary>
public sealed class RaftNode
{
    private readonly RaftOptions _options;

    /// <summary>Starts a member from what is on its disk.</summary>
    public RaftNode(RaftOptions options, RaftRestore restore, IRandomSource random, TimeSpan now)
    {
        options.Validate();
        _options = options;
        Configuration = restore.Configuration;
    }

    /// <summary>This member.</summary>
    public MemberId Id => _options.Id;
    /// <summary>What it is doing.</summary>
    public Role Role { get; }
    /// <summary>Its term.</summary>
    public Term Term { get; }
    /// <summary>The leader of its term, or none.</summary>
    public MemberId Leader { get; }
    /// <summary>The last committed index known.</summary>
    public LogIndex Commit { get; }
    /// <summary>The last index reported as applied.</summary>
    public LogIndex Applied { get; }
    /// <summary>The last index in the log, durable or not.</summary>
    public LogIndex LastIndex { get; }
    /// <summary>The newest configuration in the log.</summary>
    public Configuration Configuration { get; }
    /// <summary>When Tick has something to do.</summary>
    public TimeSpan NextDeadline { get; }
    /// <summary>How many messages were dropped for each reason.</summary>
    public IReadOnlyDictionary<DropReason, long> DroppedMessages { get; } = new Dictionary<DropReason, long>();
    /// <summary>A leader's view of its peers; empty on others.</summary>
    public IReadOnlyList<PeerStatus> Peers => [];
    /// <summary>Takes a message.</summary>
    public void Step(RaftMessage message) => throw new NotSupportedException();
    /// <summary>Tells the time.</summary>
    public void Tick(TimeSpan now) => throw new NotSupportedException();
    /// <summary>Proposes a command.</summary>
    public ProposeResult Propose(ReadOnlyMemory<byte> payload) => throw new NotSupportedException();
    /// <summary>Asks for a read index.</summary>
    public ReadIndexStatus ReadIndex(ulong requestId) => throw new NotSupportedException();
    /// <summary>Whether there is something to do.</summary>
    public bool HasReady => false;
    /// <summary>What to do.</summary>
    public Ready TakeReady() => throw new NotSupportedException();
    /// <summary>What is durable.</summary>
    public void Persisted(ulong readyNumber) => throw new NotSupportedException();
    /// <summary>What is applied.</summary>
    public void AppliedTo(LogIndex index) => throw new NotSupportedException();
    /// <summary>Answers a log read.</summary>
    public void EntriesRead(LogRead request, IReadOnlyList<Entry> entries) => throw new NotSupportedException();
}
