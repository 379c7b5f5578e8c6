using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Takes a system down in phases: the tasks of a phase run together, within its timeout, and only after the phases it depends on.</summary>
public sealed class CoordinatedShutdown : IExtension
{
    public const string PhaseBeforeServiceUnbind = "before-service-unbind";
    public const string PhaseServiceUnbind = "service-unbind";
    public const string PhaseServiceRequestsDone = "service-requests-done";
    public const string PhaseServiceStop = "service-stop";
    public const string PhaseBeforeClusterShutdown = "before-cluster-shutdown";
    public const string PhaseClusterShardingShutdownRegion = "cluster-sharding-shutdown-region";
    public const string PhaseClusterLeave = "cluster-leave";
    public const string PhaseClusterExiting = "cluster-exiting";
    public const string PhaseClusterExitingDone = "cluster-exiting-done";
    public const string PhaseClusterShutdown = "cluster-shutdown";
    public const string PhaseBeforeActorSystemTerminate = "before-actor-system-terminate";
    public const string PhaseActorSystemTerminate = "actor-system-terminate";
    private readonly Dictionary<string, Phase> _phases = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly object _lock = new();
    private readonly ActorSystemImpl _system;
    private Task<Done>? _run;

    internal CoordinatedShutdown(ActorSystemImpl system)
    {
        _system = system;
        var config = system.Settings.Config.GetConfig("akka.coordinated-shutdown")!;
        var defaultTimeout = config.GetTimeSpan("default-phase-timeout");
        var phases = config.GetConfig("phases")!;
        foreach (var (name, _) in phases.Entries)
        {
            var phase = phases.GetConfig(name)!;
            _phases.Add(name, new Phase(phase.GetStringList("depends-on"), phase.GetTimeSpan("timeout", defaultTimeout), phase.GetBoolean("recover", true)));
        }

        foreach (var name in _phases.Keys)
        {
            Order(name, []);
        }
    }

    /// <summary>Null until it runs.</summary>
    public Reason? ShutdownReason { get; private set; }
    public static CoordinatedShutdown Get(ActorSystem sys) => (CoordinatedShutdown)sys.RegisterExtension(new CoordinatedShutdownExtension());

    public void AddTask(string phase, string taskName, Func<Task<Done>> task)
    {
        ArgumentException.ThrowIfNullOrEmpty(taskName);
        if (!_phases.TryGetValue(phase, out var known))
        {
            throw new ConfigurationException($"Unknown phase [{phase}], known phases are [{string.Join(", ", _order)}]");
        }

        lock (_lock)
        {
            known.Tasks.Add((taskName, task));
        }
    }

    /// <summary>Runs the phases, from the one given on. It happens once; later calls get the task of the first.</summary>
    public Task<Done> Run(Reason reason, string? fromPhase = null)
    {
        lock (_lock)
        {
            if (_run is null)
            {
                ShutdownReason = reason;
                _run = Task.Run(() => RunPhases(fromPhase is null ? 0 : _order.IndexOf(fromPhase)));
            }

            return _run;
        }
    }

    private async Task<Done> RunPhases(int first)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        foreach (var name in _order.Skip(first))
        {
            var phase = _phases[name];
            (string, Func<Task<Done>>)[] tasks;
            lock (_lock)
            {
                tasks = [.. phase.Tasks];
            }

            try
            {
                await Task.WhenAll(tasks.Select(t => RunTask(name, phase, t))).WaitAsync(phase.Timeout).ConfigureAwait(false);
            }
            catch (TimeoutException) when (phase.Recover)
            {
                _system.Log.Warning("Coordinated shutdown phase [{0}] timed out after {1}", name, phase.Timeout);
            }
        }

        await _system.FinalTerminate().ConfigureAwait(false);
        return Done.Instance;
    }

    private async Task RunTask(string name, Phase phase, (string Name, Func<Task<Done>> Run) task)
    {
        try
        {
            await task.Run().ConfigureAwait(false);
        }
        catch (Exception e) when (phase.Recover)
        {
            _system.Log.Warning(e, "Task [{0}] failed in phase [{1}]", task.Name, name);
        }
    }

    private void Order(string name, HashSet<string> above)
    {
        if (_order.Contains(name))
        {
            return;
        }

        if (!above.Add(name))
        {
            throw new ArgumentException($"The phase [{name}] depends on itself");
        }

        foreach (var dependency in _phases[name].DependsOn)
        {
            Order(dependency, above);
        }

        _order.Add(name);
    }

    private sealed record Phase(IList<string> DependsOn, TimeSpan Timeout, bool Recover)
    {
        public List<(string Name, Func<Task<Done>> Run)> Tasks { get; } = [];
    }

    public class Reason
    {
        protected Reason() { }
    }

    public class ActorSystemTerminateReason : Reason
    {
        public static readonly Reason Instance = new ActorSystemTerminateReason();
        private ActorSystemTerminateReason() { }
    }
}

public sealed class CoordinatedShutdownExtension : ExtensionIdProvider<CoordinatedShutdown>
{
    public override CoordinatedShutdown CreateExtension(ExtendedActorSystem system) => new((ActorSystemImpl)system);
}
