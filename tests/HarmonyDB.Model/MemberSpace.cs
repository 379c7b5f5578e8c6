using HarmonyDB.Raft;
using HarmonyDB.Raft.Messages;

namespace HarmonyDB.Model;

/// <summary>
/// All states that single members have been in so far and all messages, each once and numbered. The states of the cluster are far more, but each is
/// made of few of these: so the core runs once for each thing that can happen to a member in a state, however many clusters have such a member.
/// </summary>
/// <remarks>
/// A state is remembered as what happened to the member since its start. When something new is to happen in it, that is done again with a fresh
/// <see cref="RaftNode"/>: the core promises that the same calls have the same outcome, and needs no means to be copied.
/// </remarks>
internal sealed class MemberSpace
{
    private readonly StructuralHash _hash = new();
    private readonly List<(int Parent, uint Action, MemberView View)> _states = [];
    private readonly List<Func<Member>> _starts = [];
    private readonly Dictionary<UInt128, int> _stateNumbers = [];
    private readonly List<RaftMessage> _messages = [];
    private readonly Dictionary<UInt128, int> _messageNumbers = [];
    private readonly Dictionary<ulong, Transition> _transitions = [];

    /// <summary>How many states members have been in.</summary>
    public int States => _states.Count;

    /// <summary>How many different messages were sent.</summary>
    public int Messages => _messages.Count;

    /// <summary>How often the core was run.</summary>
    public int Transitions => _transitions.Count;

    /// <summary>What is known of a state.</summary>
    public MemberView View(int state) => _states[state].View;

    /// <summary>A message.</summary>
    public RaftMessage Message(int number) => _messages[number];

    /// <summary>The state in which a member starts.</summary>
    /// <param name="start">Makes the member; called again whenever it is needed.</param>
    public int Start(Func<Member> start)
    {
        _starts.Add(start);
        return Number(start(), ~(_starts.Count - 1), 0);
    }

    /// <summary>What something that happens to a member in a state leads to.</summary>
    public Transition Get(int state, MemberAction action)
    {
        var key = ((ulong)state << 32) | action.Code;
        if (!_transitions.TryGetValue(key, out var transition))
        {
            transition = Run(state, action);
            _transitions.Add(key, transition);
        }
        return transition;
    }

    private Transition Run(int state, MemberAction action)
    {
        var member = Rebuild(state);
        try
        {
            var effects = Do(member, action);
            return new Transition(
                Number(member, state, action.Code), [.. effects.Messages.Select(Number)], [.. effects.ReadStates], [.. effects.ReadFailures], null);
        }
        catch (Exception exception) when (exception is ModelViolationException or InvariantViolationException)
        {
            return new Transition(state, [], [], [], exception.Message);
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException or NullReferenceException or OverflowException)
        {
            // Nothing that a host or a peer does here is misuse.
            return new Transition(state, [], [], [], $"the core throws {exception.GetType().Name}: {exception.Message}");
        }
    }

    private Member Rebuild(int state)
    {
        var actions = new Stack<uint>();
        var (parent, action, _) = _states[state];
        while (parent >= 0)
        {
            actions.Push(action);
            (parent, action, _) = _states[parent];
        }
        var member = _starts[~parent]();
        while (actions.TryPop(out var code))
        {
            Do(member, MemberAction.FromCode(code));
        }
        return member;
    }

    private MemberEffects Do(Member member, MemberAction action) =>
        member.Do(action, action.Kind == MemberActionKind.Step ? _messages[action.Argument] : null);

    private int Number(Member member, int parent, uint action)
    {
        var hash = _hash.Of(member, member.Now);
        if (!_stateNumbers.TryGetValue(hash, out var number))
        {
            number = _states.Count;
            _states.Add((parent, action, new MemberView(member)));
            _stateNumbers.Add(hash, number);
        }
        return number;
    }

    private int Number(RaftMessage message)
    {
        var hash = _hash.Of(message, TimeSpan.Zero);
        if (!_messageNumbers.TryGetValue(hash, out var number))
        {
            number = _messages.Count;
            _messages.Add(message);
            _messageNumbers.Add(hash, number);
        }
        return number;
    }
}
