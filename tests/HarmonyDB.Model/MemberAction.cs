namespace HarmonyDB.Model;

/// <summary>What can happen to one member.</summary>
internal enum MemberActionKind
{
    /// <summary>A message arrives; the argument is its number.</summary>
    Step,

    /// <summary>Its clock runs to its next deadline.</summary>
    Tick,

    /// <summary>Its oldest write becomes durable.</summary>
    Persist,

    /// <summary>Its state machine has applied all that was handed out.</summary>
    Apply,

    /// <summary>A client proposes a command.</summary>
    Propose,

    /// <summary>A client asks for a read index; the argument is the number of the question.</summary>
    Read,

    /// <summary>A client proposes another configuration; the argument has a bit for each voter that it is to have.</summary>
    ProposeConfiguration,

    /// <summary>Its log is discarded up to what is applied.</summary>
    Compact,

    /// <summary>It is asked to hand leadership to another member; the argument is whom.</summary>
    Transfer,

    /// <summary>
    /// It crashes and starts again. The argument: twice the number of unfinished writes that reached the disk all the same, plus one if what
    /// was written without a flush reached it too.
    /// </summary>
    Crash,
}

/// <summary>Something that happens to one member.</summary>
/// <param name="Kind">What.</param>
/// <param name="Argument">With what; its meaning depends on the kind.</param>
internal readonly record struct MemberAction(MemberActionKind Kind, int Argument)
{
    private const int ArgumentBits = 24;

    /// <summary>The action as one number.</summary>
    public uint Code => ((uint)Kind << ArgumentBits) | (uint)Argument;

    /// <summary>The action of a <see cref="Code"/>.</summary>
    public static MemberAction FromCode(uint code) => new((MemberActionKind)(code >> ArgumentBits), (int)(code & ((1 << ArgumentBits) - 1)));
}
