using HarmonyDB.Raft;

namespace HarmonyDB.Messages;

/// <summary>Changes of the members in their wire form.</summary>
internal static class MemberChangeCodec
{
    /// <summary>The wire form of a change.</summary>
    public static ForwardedChangeMessage ToWire(ForwardedChange forwarded)
    {
        var wire = new ForwardedChangeMessage { ClusterId = forwarded.ClusterId, ChangeId = forwarded.ChangeId };
        switch (forwarded.Change)
        {
            case AddMember add:
                wire.Kind = ForwardedChangeMessage.Types.Kind.Add;
                wire.RaftAddress = add.RaftAddress;
                wire.IsLearner = add.IsLearner;
                break;
            case PromoteMember promote:
                wire.Kind = ForwardedChangeMessage.Types.Kind.Promote;
                wire.MemberId = promote.Member.Value;
                break;
            case RemoveMember remove:
                wire.Kind = ForwardedChangeMessage.Types.Kind.Remove;
                wire.MemberId = remove.Member.Value;
                break;
            case UpdateMember update:
                wire.Kind = ForwardedChangeMessage.Types.Kind.Update;
                wire.MemberId = update.Member.Value;
                wire.RaftAddress = update.RaftAddress;
                break;
            default:
                throw new ArgumentException($"{forwarded.Change.GetType().Name} has no wire form.", nameof(forwarded));
        }

        return wire;
    }

    /// <summary>The change of a wire form.</summary>
    /// <exception cref="MalformedMessageException">It is of no kind this version knows.</exception>
    public static ForwardedChange FromWire(ForwardedChangeMessage wire)
    {
        var member = new MemberId(wire.MemberId);
        MemberChange change = wire.Kind switch
        {
            ForwardedChangeMessage.Types.Kind.Add => new AddMember(wire.RaftAddress, wire.IsLearner),
            ForwardedChangeMessage.Types.Kind.Promote => new PromoteMember(member),
            ForwardedChangeMessage.Types.Kind.Remove => new RemoveMember(member),
            ForwardedChangeMessage.Types.Kind.Update => new UpdateMember(member, wire.RaftAddress),
            _ => throw new MalformedMessageException($"A change of the members is of kind {(int)wire.Kind}, which this version does not know."),
        };
        return new ForwardedChange(wire.ClusterId, wire.ChangeId, change);
    }

    /// <summary>The wire form of an answer.</summary>
    public static ForwardedChangeAnswerMessage ToWire(ForwardedChangeAnswer answer) => new()
    {
        ChangeId = answer.ChangeId,
        Outcome = (uint)answer.Outcome,
        MemberId = answer.Member.Value,
        Configuration = answer.Configuration?.ToMessage(),
    };

    /// <summary>The answer of a wire form. An outcome that this version does not know is unknown: it claims nothing.</summary>
    /// <exception cref="MalformedMessageException">Its configuration breaks a rule.</exception>
    public static ForwardedChangeAnswer FromWire(ForwardedChangeAnswerMessage wire) => new(
        wire.ChangeId,
        wire.Outcome <= int.MaxValue && Enum.IsDefined((ChangeOutcome)wire.Outcome) ? (ChangeOutcome)wire.Outcome : ChangeOutcome.Unknown,
        new MemberId(wire.MemberId),
        wire.Configuration is null ? null : ClusterConfiguration.From(wire.Configuration));
}
