using System.Diagnostics;

namespace HarmonyDB.Model;

/// <summary>Takes every interleaving within the bounds, breadth first: the first state found in which something is wrong is as near as any.</summary>
internal sealed class Explorer
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    private readonly Bounds _bounds;
    private readonly Cluster _cluster;
    private readonly StateSet _visited;
    private readonly PathLog _paths;
    private readonly TextWriter _output;
    private readonly List<ClusterAction> _actions = [];
    private Frontier _next = new();

    /// <summary>Prepares an exploration.</summary>
    /// <param name="bounds">How far it goes.</param>
    /// <param name="output">Where progress is told.</param>
    public Explorer(Bounds bounds, TextWriter output)
    {
        _bounds = bounds;
        _output = output;
        _cluster = new Cluster(bounds, new MemberSpace());
        _visited = new StateSet(bounds.States);
        _paths = new PathLog(_cluster, bounds);
    }

    /// <summary>Explores until there is nothing new, or enough, or something is wrong.</summary>
    public Exploration Run()
    {
        var exploration = new Exploration();
        var started = Stopwatch.GetTimestamp();
        foreach (var start in _bounds.Starts)
        {
            if (!TryStart(start, exploration))
            {
                return exploration;
            }
        }
        Explore(exploration, started);
        exploration.IsExhausted = _next.Count == 0 && exploration.Violation is null && _visited.Count < _bounds.States;
        exploration.States = _visited.Count;
        exploration.MemberStates = _cluster.Members.States;
        exploration.Messages = _cluster.Members.Messages;
        exploration.CoreRuns = _cluster.Members.Transitions;
        exploration.Elapsed = Stopwatch.GetElapsedTime(started);
        return exploration;
    }

    private bool TryStart(string start, Exploration exploration)
    {
        try
        {
            var state = Starts.Create(start, _cluster, _bounds);
            _output.WriteLine($"start {start}: {Starts.Describe(start)}");
            for (var member = 0; member < ClusterState.Members; member++)
            {
                _output.WriteLine($"  {_cluster.Members.View(state.Member[member])}");
            }
            _visited.TryAdd(state.Hash());
            _paths.AddStart(start);
            _next.Add(state);
            return true;
        }
        catch (ModelViolationException exception)
        {
            exploration.Violation = exception.Message;
            exploration.Path = [$"start {start}: {Starts.Describe(start)}"];
            return false;
        }
    }

    private void Explore(Exploration exploration, long started)
    {
        var told = started;
        var number = 0;
        var current = new ClusterState();
        while (_next.Count > 0 && !IsOver(exploration))
        {
            var frontier = _next;
            _next = new Frontier();
            foreach (var state in frontier.TakeAll(current))
            {
                Expand(state, number++, exploration);
                if (IsOver(exploration))
                {
                    break;
                }
                if ((number & 0xFFF) == 0 && Stopwatch.GetElapsedTime(told) > ProgressInterval)
                {
                    told = Stopwatch.GetTimestamp();
                    Tell(exploration, Stopwatch.GetElapsedTime(started));
                }
            }
            exploration.Depth += IsOver(exploration) ? 0 : 1;
        }
    }

    private bool IsOver(Exploration exploration) => exploration.Violation is not null || _visited.Count >= _bounds.States;

    private void Expand(ClusterState state, int number, Exploration exploration)
    {
        _cluster.CollectActions(state, _actions);
        foreach (var action in _actions)
        {
            var next = _cluster.Apply(state, action);
            exploration.Transitions++;
            if (_cluster.Violation is { } violation)
            {
                exploration.Violation = violation;
                exploration.Path = _paths.Describe(number, action, out var steps);
                exploration.Steps = steps;
                return;
            }
            if (next is not null && _visited.TryAdd(next.Hash()))
            {
                _paths.Add(number, action);
                _next.Add(next);
                exploration.Count(next);
                if (_visited.Count >= _bounds.States)
                {
                    return;
                }
            }
        }
    }

    private void Tell(Exploration exploration, TimeSpan elapsed) => _output.WriteLine(
        $"{elapsed.TotalSeconds:F0} s: depth {exploration.Depth + 1}, {_visited.Count} states, {_visited.Count / elapsed.TotalSeconds:F0} a second, "
        + $"{_next.Count} at the next depth, {_cluster.Members.States} states of members, {_cluster.Members.Messages} messages");
}
