using HarmonyDB.DataFolder;
using HarmonyDB.Replication;

namespace HarmonyDB.Simulation;

/// <summary>
/// Does what LogActor does, in the same order: appends, with one flush for all that gathered while the flush before was under way; reads;
/// truncations; the identity file. What was written but not flushed when a crash comes is gone.
/// </summary>
internal sealed class SimulatedLogDevice
{
    private const int FlushAfterAppends = 256;

    private readonly ClusterSimulation _simulation;
    private readonly SimulatedNode _node;
    private readonly NodeFiles _files;
    private readonly SimulatedRandom _random;
    private readonly LogWriter _log;
    private readonly Queue<ReplicaEffect> _waiting = new();
    private ReplicaEffect? _underWay;
    private bool _flushes;

    /// <summary>Creates the device over an open folder.</summary>
    public SimulatedLogDevice(ClusterSimulation simulation, SimulatedNode node, NodeFiles files, SimulatedRandom random)
    {
        _simulation = simulation;
        _node = node;
        _files = files;
        _random = random;
        _log = new LogWriter(files.Log);
    }

    /// <summary>Takes an effect; it is carried out after all before it.</summary>
    public void Add(ReplicaEffect effect)
    {
        _waiting.Enqueue(effect);
        Continue();
    }

    /// <summary>What was under way is done: reports it.</summary>
    public void Done(Replica replica)
    {
        ReplicaEffect done = _underWay!;
        _underWay = null;
        switch (done)
        {
            case AppendEffect or InstallSnapshotEffect:
                ulong number = _log.Flush();
                if (_flushes)
                {
                    _node.Record.Flushed(_files.Log, _node);
                }

                replica.Appended(number);
                break;
            case ReadLogEffect read:
                replica.LogRangeRead(read.Request, _log.Read(read.Request));
                break;
            case TruncateLogEffect truncate:
                replica.LogTruncated(_log.Truncate(truncate));
                break;
            case SaveIdentityEffect save:
                _files.SaveIdentity(save.Identity.ClusterId, save.Identity.MemberId, save.IsRemoved);
                _node.Identified(_files.Identity);
                replica.IdentitySaved(save.Identity);
                break;
        }

        Continue();
    }

    private void Continue()
    {
        if (_underWay is not null || !_waiting.TryDequeue(out ReplicaEffect? effect))
        {
            return;
        }

        _underWay = effect;
        long ticks = _random.Ticks(0.01, 0.1);
        if (effect is AppendEffect or InstallSnapshotEffect)
        {
            _flushes = Gather(effect);
            ticks = _flushes ? FlushTicks() : ticks;
        }

        _node.Schedule(_simulation.Now + ticks, EventKind.LogDone);
    }

    private bool Gather(ReplicaEffect first)
    {
        bool flushes = Write(first);
        while (_log.GatheredAppends < FlushAfterAppends && _waiting.TryPeek(out ReplicaEffect? next) && next is AppendEffect or InstallSnapshotEffect)
        {
            flushes |= Write(_waiting.Dequeue());
        }

        return flushes;
    }

    private bool Write(ReplicaEffect effect)
    {
        if (effect is InstallSnapshotEffect install)
        {
            _node.Record.Installing(install);
            _log.Install(install);
            return true;
        }

        var append = (AppendEffect)effect;
        _simulation.Checks.Appending(_node, append, _files.Log);
        _log.Append(_simulation.Settings.Canary == Canary.SkippedFlush ? append with { MustFlush = false } : append);
        return append.MustFlush;
    }

    private long FlushTicks()
    {
        long ticks = _random.Between(TimeSpan.TicksPerMillisecond / 20, _simulation.Settings.FlushTicksMaximum) + _node.Speed.FlushTicks + _node.Speed.StallTicks;
        _node.Speed.StallTicks = 0;
        return ticks;
    }
}
