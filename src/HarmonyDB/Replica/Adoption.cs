using HarmonyDB.Messages;
using HarmonyDB.Raft;

namespace HarmonyDB.Replication;

/// <summary>
/// How a blank folder becomes a member: who is there from the beginning writes the first entry itself, who joins later gets all entries, or a snapshot,
/// from the leader. Either way the log is durable before the identity file, and that before the member says anything. Pure.
/// </summary>
internal static class Adoption
{
    /// <summary>Number of the append that makes the folder a member's: before all that the core numbers.</summary>
    public const ulong AppendNumber = 0;

    private static readonly LogIndex FirstIndex = new(1);

    // The first entry is what all members agreed on by being named in it: it is committed by definition.
    private static readonly HardState FoundingHardState = new(new Term(1), MemberId.None, FirstIndex);

    // One that joins has no entry yet; the term tells it from a member that lost its log.
    private static readonly HardState JoiningHardState = new(new Term(1), MemberId.None, default);

    /// <summary>Whether a configuration is the one that the cluster is born with.</summary>
    public static bool Founds(GreetingAnswer answer) => answer.ConfigurationIndex == FirstIndex;

    /// <summary>The append that comes first.</summary>
    public static AppendEffect Append(GreetingAnswer answer) => Founds(answer)
        ? new AppendEffect(
            AppendNumber, FoundingHardState, [new Entry(FirstIndex, new Term(1), EntryKind.Configuration, answer.Configuration!.ToPayload())], MustFlush: true)
        : new AppendEffect(AppendNumber, JoiningHardState, [], MustFlush: true);

    /// <summary>What the member starts from.</summary>
    public static ReplicaRestore Restore(NodeIdentity identity, GreetingAnswer answer) => Founds(answer)
        ? new ReplicaRestore(identity, answer.Configuration, FirstIndex, FoundingHardState, FirstIndex, FirstIndex, [(FirstIndex, new Term(1))], default)
        : new ReplicaRestore(identity, null, default, JoiningHardState, FirstIndex, default, [], default);
}
