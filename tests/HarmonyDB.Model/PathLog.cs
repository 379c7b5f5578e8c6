namespace HarmonyDB.Model;

/// <summary>How each state was reached first: from which one, and by what. Eight bytes a state.</summary>
internal sealed class PathLog(Cluster cluster, Bounds bounds)
{
    private readonly List<(int From, uint Action)> _steps = [];
    private readonly List<string> _starts = [];

    /// <summary>The next state is one in which the exploration begins.</summary>
    public void AddStart(string name)
    {
        _steps.Add((~_starts.Count, 0));
        _starts.Add(name);
    }

    /// <summary>The next state was reached from another one.</summary>
    public void Add(int from, ClusterAction action) => _steps.Add((from, action.Code));

    /// <summary>Tells for people how to get to a state, and what happens there.</summary>
    public IReadOnlyList<string> Describe(int number, ClusterAction last, out int steps)
    {
        var actions = new Stack<ClusterAction>();
        actions.Push(last);
        var (from, code) = _steps[number];
        while (from >= 0)
        {
            actions.Push(ClusterAction.FromCode(code));
            (from, code) = _steps[from];
        }
        steps = actions.Count;
        var start = _starts[~from];
        var state = new ClusterState();
        state.CopyFrom(Starts.Create(start, cluster, bounds));
        var lines = new List<string> { $"start {start}: {Starts.Describe(start)}" };
        var step = 0;
        while (actions.TryPop(out var action))
        {
            lines.Add($"{++step}. {DescribeAction(action)}");
            var next = cluster.Apply(state, action);
            if (next is null)
            {
                lines.Add($"   {cluster.Violation ?? "beyond the bounds"}");
                break;
            }
            if (next.Member[action.Member] != state.Member[action.Member])
            {
                lines.Add($"   {cluster.Members.View(next.Member[action.Member])}");
            }
            state.CopyFrom(next);
        }
        return lines;
    }

    private string DescribeAction(ClusterAction action)
    {
        if (action.Kind != ClusterActionKind.Member)
        {
            var verb = action.Kind switch
            {
                ClusterActionKind.Deliver => "arrives",
                ClusterActionKind.Duplicate => "arrives and stays in flight",
                _ => "is lost",
            };
            return $"{MessageText.Of(cluster.Members.Message((int)action.Argument))} {verb}";
        }
        var memberAction = Cluster.MemberActionOf(action);
        var member = action.Member + 1;
        return memberAction.Kind switch
        {
            MemberActionKind.Tick => $"{member}'s clock runs to its next deadline",
            MemberActionKind.Persist => $"{member}'s oldest write becomes durable",
            MemberActionKind.Apply => $"{member} has applied what was handed out",
            MemberActionKind.Propose => $"{member} is given a command",
            MemberActionKind.ProposeConfiguration => $"{member} is asked to make voters of those in the mask {memberAction.Argument:b3}",
            MemberActionKind.Compact => $"{member} discards its log up to what is applied",
            MemberActionKind.Transfer => $"{member} is asked to hand leadership to {memberAction.Argument}",
            MemberActionKind.Read => $"{member} is asked for read {memberAction.Argument}",
            MemberActionKind.Crash => $"{member} crashes; {memberAction.Argument / 2} unfinished writes reached its disk, what needed no flush is "
                + $"{(memberAction.Argument % 2 == 1 ? "kept" : "lost")}; it starts again",
            _ => throw new InvalidOperationException($"{memberAction.Kind} does not happen by itself."),
        };
    }
}
