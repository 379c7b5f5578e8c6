using HarmonyDB.Raft;

namespace HarmonyDB.Model;

/// <summary>What the properties to be checked, and the choice of what may happen next, need to know of a member.</summary>
internal sealed class MemberView
{
    private const int EntryBits = 8;
    private const int EntriesMaximum = 128 / EntryBits;

    /// <summary>Looks at a member.</summary>
    public MemberView(Member member)
    {
        var node = member.Node;
        Id = node.Id;
        Role = node.Role;
        Term = node.Term;
        Leader = node.Leader;
        Commit = node.Commit;
        Applied = node.Applied;
        Configuration = node.Configuration;
        WritesUnderWay = member.WritesUnderWay;
        IsApplying = member.IsApplying;
        HasUnflushed = member.HasUnflushed;
        CanCompact = member.CanCompact;
        IsInstalling = member.IsInstalling;
        foreach (var peer in node.Peers)
        {
            ModelViolationException.ThrowIf(peer.Next <= peer.Match, $"R43: next {peer.Next} of {peer.Member} is not beyond match {peer.Match}");
        }
        var log = member.Log;
        ModelViolationException.ThrowIf(node.LastIndex.Value != (ulong)log.Count, $"the log ends at {node.LastIndex}, but was handed out up to {log.Count}");
        if (log.Count > EntriesMaximum)
        {
            throw new InvalidOperationException("The bounds allow logs longer than the model can hold.");
        }
        LastIndex = log.Count;
        var newest = member.NewestConfiguration;
        ModelViolationException.ThrowIf(
            !newest.HasSameMembersAs(Configuration), $"{Configuration} is in force, but the newest in the log is {newest} (R2, R3, R7, R8)");
        foreach (var entry in log)
        {
            // Its term, and what it is or who proposed it.
            var content = entry.Kind == EntryKind.Command ? entry.Payload.Span[0] : (byte)0x0F - (byte)entry.Kind;
            Log |= (UInt128)(((uint)entry.Term.Value << 4) | (uint)content) << (EntryBits * (int)(entry.Index.Value - 1));
        }
    }

    public MemberId Id { get; }

    public Role Role { get; }

    public Term Term { get; }

    public MemberId Leader { get; }

    public LogIndex Commit { get; }

    public LogIndex Applied { get; }

    public Configuration Configuration { get; }

    public int WritesUnderWay { get; }

    public bool IsApplying { get; }

    public bool HasUnflushed { get; }

    public bool CanCompact { get; }

    public bool IsInstalling { get; }

    public int LastIndex { get; }

    /// <summary>A byte for each entry, the first one lowest.</summary>
    public UInt128 Log { get; }

    /// <summary>The first entries of a log.</summary>
    public static UInt128 Prefix(UInt128 log, int count) => count >= EntriesMaximum ? log : log & ((UInt128.One << (EntryBits * count)) - 1);

    /// <summary>An entry.</summary>
    public static byte EntryAt(UInt128 log, int index) => (byte)(log >> (EntryBits * (index - 1)));

    /// <summary>The term of an entry.</summary>
    public static int TermAt(UInt128 log, int index) => EntryAt(log, index) >> 4;

    /// <summary>Whether a configuration stands among these entries of a log, the last included.</summary>
    private static bool HasConfiguration(UInt128 log, LogIndex after, LogIndex toInclusive)
    {
        const int configuration = 0x0F - (byte)EntryKind.Configuration;
        for (var index = after.Next; index <= toInclusive; index = index.Next)
        {
            if ((EntryAt(log, (int)index.Value) & 0x0F) == configuration)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Checks what must hold in one member alone.</summary>
    /// <exception cref="ModelViolationException">It does not.</exception>
    public void CheckAfter(MemberView before, bool isRestarted)
    {
        ModelViolationException.ThrowIf(Commit.Value > (ulong)LastIndex, "the commit index lies beyond the end of the log");
        ModelViolationException.ThrowIf(
            !IsInstalling && !Overlap(before.Configuration, Configuration), $"quorums of {before.Configuration} and {Configuration} need not meet");
        ModelViolationException.ThrowIf(
            Role is Role.PreCandidate or Role.Candidate && HasConfiguration(Log, Applied, Commit),
            "R14: it stands for election with a committed configuration that it has not applied");
        // A crash may take back what was not durable; what others were told of it is checked when the messages leave.
        if (isRestarted)
        {
            return;
        }
        ModelViolationException.ThrowIf(Term < before.Term, "the term falls");
        ModelViolationException.ThrowIf(Commit < before.Commit, "the commit index falls");
        ModelViolationException.ThrowIf(Applied < before.Applied, "the applied index falls");
        ModelViolationException.ThrowIf(
            Prefix(Log, (int)before.Commit.Value) != Prefix(before.Log, (int)before.Commit.Value), "a committed entry is replaced");
        if (Role == Role.Leader && before.Role == Role.Leader && Term == before.Term)
        {
            ModelViolationException.ThrowIf(Prefix(Log, before.LastIndex) != before.Log, "Leader Append-Only: a leader replaces an entry of its log");
        }
    }

    // Whether each set of members that can decide in one configuration meets each that can in the other.
    private static bool Overlap(Configuration one, Configuration other)
    {
        const int everyone = (1 << ClusterState.Members) - 1;
        for (var set = 1; set < everyone; set++)
        {
            if (IsQuorum(one, set) && IsQuorum(other, everyone & ~set))
            {
                return false;
            }
        }
        return true;
    }

    private static bool IsQuorum(Configuration configuration, int set) =>
        IsMajority(configuration.Voters, set) && (!configuration.IsJoint || IsMajority(configuration.VotersOutgoing, set));

    private static bool IsMajority(IReadOnlyCollection<MemberId> voters, int set) =>
        voters.Count(voter => (set & (1 << (int)(voter.Value - 1))) != 0) * 2 > voters.Count;

    /// <summary>For people.</summary>
    public override string ToString()
    {
        var terms = string.Join(' ', Enumerable.Range(1, LastIndex).Select(index => TermAt(Log, index)));
        var writing = WritesUnderWay > 0 ? $", {WritesUnderWay} writes under way" : "";
        return $"{Id} is {Role} in term {Term}, log of terms [{terms}], commit {Commit}, applied {Applied}{writing}";
    }
}
