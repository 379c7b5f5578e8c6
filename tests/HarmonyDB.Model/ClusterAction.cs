namespace HarmonyDB.Model;

/// <summary>How something that happens in the cluster is brought about.</summary>
internal enum ClusterActionKind
{
    /// <summary>Something happens to a member by itself.</summary>
    Member,

    /// <summary>A message arrives.</summary>
    Deliver,

    /// <summary>A message arrives and stays in flight.</summary>
    Duplicate,

    /// <summary>A message is lost.</summary>
    Drop,
}

/// <summary>Something that happens in the cluster.</summary>
/// <param name="Kind">How.</param>
/// <param name="Member">To which member, from 0.</param>
/// <param name="Argument">The <see cref="MemberAction.Code"/>, or the number of the message.</param>
internal readonly record struct ClusterAction(ClusterActionKind Kind, int Member, uint Argument)
{
    private const int ArgumentBits = 28;

    /// <summary>The action as one number.</summary>
    public uint Code => ((uint)Kind << (ArgumentBits + 2)) | ((uint)Member << ArgumentBits) | Argument;

    /// <summary>The action of a <see cref="Code"/>.</summary>
    public static ClusterAction FromCode(uint code) =>
        new((ClusterActionKind)(code >> (ArgumentBits + 2)), (int)(code >> ArgumentBits) & 3, code & ((1u << ArgumentBits) - 1));
}
