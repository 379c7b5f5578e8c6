using HarmonyDB.Raft;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Simulation;

/// <summary>
/// Decides when which misfortune strikes whom, out of the kinds that the seed has. Whatever it breaks for a while it mends in the end: no
/// seed is hopeless, and the liveness phase starts from a cluster that can work.
/// </summary>
internal sealed class FaultSchedule
{
    private const long AwayStepTicks = 100 * TimeSpan.TicksPerMillisecond;
    private const int AwayStepsMaximum = 60;

    private readonly ClusterSimulation _simulation;
    private readonly SeedSettings _settings;
    private readonly SimulatedRandom _random;
    private readonly NetworkFaults _network;
    private readonly MembershipFaults _membership;
    private readonly FaultKind[] _kinds;
    private readonly HashSet<FaultEpisode> _active = [];
    private bool _ended;

    /// <summary>Prepares the faults of a seed.</summary>
    public FaultSchedule(ClusterSimulation simulation, SimulatedRandom random)
    {
        _simulation = simulation;
        _settings = simulation.Settings;
        _random = random;
        _network = new NetworkFaults(simulation, this, random);
        _membership = new MembershipFaults(simulation, this, random);
        _kinds = [.. _settings.Faults.Where(k => k is not (FaultKind.Drop or FaultKind.Duplicate or FaultKind.Reorder or FaultKind.Delay)).Order()];
    }

    /// <summary>Begins.</summary>
    public void Begin()
    {
        if (_kinds.Length > 0)
        {
            _simulation.Schedule(new SimulatedEvent(_settings.FirstFaultTicks, EventKind.NextFault));
        }
    }

    /// <summary>Lets an event happen.</summary>
    public void Handle(in SimulatedEvent happening)
    {
        if (_ended)
        {
            return;
        }

        if (happening.Kind == EventKind.NextFault)
        {
            Strike(_random.Pick(_kinds));
            long interval = _random.Between(TimeSpan.TicksPerMillisecond * 20, _settings.FaultIntervalTicks);
            _simulation.Schedule(new SimulatedEvent(_simulation.Now + interval, EventKind.NextFault));
        }
        else if (happening.Payload is FaultEpisode episode && _active.Contains(episode))
        {
            episode.Step();
        }
    }

    /// <summary>Mends everything that is broken for a while.</summary>
    public void End()
    {
        _ended = true;
        foreach (FaultEpisode episode in _active.OrderBy(e => e.Number))
        {
            episode.Mend();
        }

        _active.Clear();
    }

    /// <summary>Begins something that ends by itself.</summary>
    /// <param name="ticks">How long it lasts.</param>
    /// <param name="mend">Takes it back.</param>
    public void During(long ticks, Action mend)
    {
        FaultEpisode episode = null!;
        episode = Begin(mend, () => Finish(episode));
        _simulation.Schedule(new SimulatedEvent(_simulation.Now + ticks, EventKind.FaultStep, Payload: episode));
    }

    /// <summary>Does something again and again.</summary>
    /// <param name="times">How often at most.</param>
    /// <param name="step">What, given which time it is; returns the ticks until the next one, or null when that was the last one.</param>
    /// <param name="mend">Takes back what it left.</param>
    public void Repeat(int times, Func<int, long?> step, Action mend)
    {
        int done = 0;
        FaultEpisode episode = null!;
        episode = Begin(mend, () =>
        {
            if (done < times && step(done++) is { } ticks)
            {
                _simulation.Schedule(new SimulatedEvent(_simulation.Now + ticks, EventKind.FaultStep, Payload: episode));
                return;
            }

            Finish(episode);
        });
        episode.Step();
    }

    private FaultEpisode Begin(Action mend, Action step)
    {
        var episode = new FaultEpisode(_active.Count == 0 ? 1 : _active.Max(e => e.Number) + 1, mend, step);
        _active.Add(episode);
        return episode;
    }

    private void Finish(FaultEpisode episode)
    {
        _active.Remove(episode);
        episode.Mend();
    }

    private void Strike(FaultKind kind)
    {
        if (_simulation.Trace.IsRecording)
        {
            _simulation.Note(-1, kind.ToString());
        }

        if (kind < FaultKind.Pause)
        {
            if (_simulation.NodesInUse.Count > 1)
            {
                _network.Strike(kind);
            }

            return;
        }

        if (kind is >= FaultKind.Transfer and < FaultKind.Snapshot)
        {
            _membership.Strike(kind);
            return;
        }

        SimulatedNode node = PickNode();
        switch (kind)
        {
            case FaultKind.Pause when node.IsUp && !node.IsPaused:
                node.Pause(_random.Ticks(20, 3000));
                Count(kind);
                break;
            case FaultKind.Crash:
                CrashSome(kind, CrashKind.PowerLost);
                break;
            case FaultKind.Kill:
                CrashSome(kind, CrashKind.ProcessKilled);
                break;
            case FaultKind.CrashInWrite:
                // Counted when the power goes.
                node.CutPowerInWrite(1 + _random.Next(30));
                break;
            case FaultKind.RestartStorm:
                Storm();
                Count(kind);
                break;
            case FaultKind.Wipe:
                Wipe(node);
                break;
            case FaultKind.Snapshot:
                // Counted when one takes the place of a store.
                StayAway(node);
                break;
            default:
                StrikeDevice(kind, node);
                break;
        }
    }

    private void StrikeDevice(FaultKind kind, SimulatedNode node)
    {
        switch (kind)
        {
            case FaultKind.SlowDisk:
                node.Speed.FlushTicks = _random.Ticks(10, 150);
                During(_random.Ticks(500, 5000), () => node.Speed.FlushTicks = 0);
                break;
            case FaultKind.StalledFlush:
                node.Speed.StallTicks = _random.Ticks(500, 5000);
                break;
            case FaultKind.SlowApply:
                node.Speed.ApplyTicks = _random.Ticks(10, 500);
                During(_random.Ticks(500, 5000), () => node.Speed.ApplyTicks = 0);
                break;
            case FaultKind.ClockDrift:
                SetRate(node, (int)_random.Between(500, 1500));
                During(_random.Ticks(500, 8000), () => SetRate(node, 1000));
                break;
            case FaultKind.ClockJump:
                // As often a little as a lot.
                double milliseconds = Math.Pow(10, _random.Between(1, 6));
                node.Clock.Jump(_simulation.Now, _random.Ticks(milliseconds / 10, Math.Min(milliseconds, TimeSpan.MillisecondsPerHour)));
                node.ClockChanged();
                break;
            default:
                return;
        }

        Count(kind);
    }

    private void SetRate(SimulatedNode node, int permille)
    {
        node.Clock.SetRate(_simulation.Now, permille);
        node.ClockChanged();
    }

    private void CrashSome(FaultKind kind, CrashKind crash)
    {
        // Mostly one, now and then many at once.
        int count = _random.Chance(150) ? 1 + _random.Next(_simulation.NodesInUse.Count) : 1;
        for (int i = 0; i < count; i++)
        {
            SimulatedNode node = PickNode();
            if (node.IsUp)
            {
                node.Crash(crash);
                node.StartIn(_random.Ticks(5, _random.Chance(700) ? 300 : 4000));
                Count(kind);
            }
        }
    }

    private void Storm() => Repeat(
        (int)_random.Between(4, 20),
        _ =>
        {
            SimulatedNode node = PickNode();
            if (node.IsUp)
            {
                node.Crash(_random.Chance(500) ? CrashKind.PowerLost : CrashKind.ProcessKilled);
                if (_random.Chance(300))
                {
                    node.CutPowerInWrite(1 + _random.Next(12));
                }

                node.StartIn(_random.Ticks(1, 60));
            }

            return _random.Ticks(5, 200);
        },
        () => { });

    // Down until the leader's log does not reach back to where this one stopped: nothing but a snapshot helps it then.
    private void StayAway(SimulatedNode node)
    {
        if (!node.IsUp || node.Raft is not { } raft || raft.Role == Role.Leader)
        {
            return;
        }

        LogIndex last = raft.LastIndex;
        node.Crash(_random.Chance(500) ? CrashKind.PowerLost : CrashKind.ProcessKilled);
        Repeat(
            AwayStepsMaximum,
            step =>
            {
                bool isCut = _simulation.Nodes.Any(n => _simulation.IsLeader(n.Number) && n.Raft!.Log.FirstIndex > last.Next);
                if (!isCut && step < AwayStepsMaximum - 1)
                {
                    return AwayStepTicks;
                }

                node.StartIn(_random.Ticks(1, 100));
                return null;
            },
            () => { });
    }

    private void Wipe(SimulatedNode node)
    {
        // A minority at most, and none before the cluster is there: a folder without a cluster is as good as a new one.
        bool isBorn = _simulation.Nodes.Take(_settings.Nodes).All(n => n.Record.WasBorn);
        if (!node.Folder.IsBlank && isBorn && _simulation.Quorums.CanLose(node))
        {
            node.Wipe();
            node.StartIn(_random.Ticks(10, 500));
            Count(FaultKind.Wipe);
        }
    }

    // A leader has more to lose than others.
    private SimulatedNode PickNode()
    {
        if (_random.Chance(400))
        {
            foreach (SimulatedNode node in _simulation.Nodes)
            {
                if (_simulation.IsLeader(node.Number))
                {
                    return node;
                }
            }
        }

        return _random.Pick(_simulation.NodesInUse);
    }

    private void Count(FaultKind kind) => _simulation.Faults.Count(kind);
}
