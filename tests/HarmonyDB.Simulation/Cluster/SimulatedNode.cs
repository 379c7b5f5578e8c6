using Google.Protobuf;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Simulation;

/// <summary>
/// One whole node: its replica, its log and its store on a simulated disk, and its front door. It carries out the replica's effects as
/// RaftActor, LogActor and StorageActor do, each of which takes its time.
/// </summary>
internal sealed class SimulatedNode : IDisposable
{
    // RaftActor looks at the clock as often as this.
    private const long TimerGridTicks = 10 * TimeSpan.TicksPerMillisecond;

    private readonly ClusterSimulation _simulation;
    private readonly SimulatedRandom _random;
    private readonly HarmonySettings _settings;
    private readonly ReplicaOptions _options;
    private readonly List<SimulatedEvent> _backlog = [];
    private readonly FolderHistory _folder;
    private SimulatedDisk _disk;
    private NodeFiles? _files;
    private Replica? _replica;
    private SimulatedLogDevice? _log;
    private SimulatedStore? _store;
    private SimulatedSnapshots? _snapshots;
    private FrontDoor? _door;
    private int _lifetime;
    private long _timerAt;
    private long _timerToken;

    /// <summary>Creates a node with an empty folder; <see cref="EventKind.Start"/> starts it.</summary>
    public SimulatedNode(ClusterSimulation simulation, int number, SimulatedRandom random)
    {
        _simulation = simulation;
        Number = number;
        _random = random;
        SeedSettings seed = simulation.Settings;
        _settings = NodeSettings.Of(number) with { LogSegmentBytes = seed.LogSegmentBytes };
        _options = new ReplicaOptions([], TimeSpan.FromMilliseconds(100), id => seed.Raft with { Id = id }) { RetainLogBytes = seed.RetainLogBytes };
        _folder = new FolderHistory(isFounder: number < seed.Nodes, isAlone: seed.Nodes == 1);
        _disk = NewDisk();
    }

    /// <summary>Which node, from 0.</summary>
    public int Number { get; }

    /// <summary>Its clock.</summary>
    public SimulatedClock Clock { get; } = new();

    /// <summary>Whether its process runs; it may be paused.</summary>
    public bool IsUp => _replica is not null;

    /// <summary>Which folders it had, and whose they were.</summary>
    public FolderHistory Folder => _folder;

    /// <summary>Where it listens.</summary>
    public string Address => _settings.Self.RaftAddress;

    /// <summary>Whether its process stands still.</summary>
    public bool IsPaused { get; private set; }

    /// <summary>Its Raft core; null while it is down or belongs to no cluster.</summary>
    public RaftNode? Raft => _replica?.Node;

    /// <summary>Its replica; null while it is down.</summary>
    public Replica? Replica => _replica;

    /// <summary>Its open data folder; null while it is down.</summary>
    public NodeFiles? Files => _files;

    /// <summary>Its log, while it is up.</summary>
    public SimulatedLogDevice? Log => _log;

    /// <summary>Its store, while it is up.</summary>
    public SimulatedStore? Store => _store;

    /// <summary>What the checks remember of it.</summary>
    public NodeRecord Record { get; } = new();

    /// <summary>How slow its disk and store are.</summary>
    public DeviceSpeed Speed { get; } = new();

    /// <summary>Takes a request of a client; false when nobody listens.</summary>
    public bool TrySubmit(ClientOperation operation)
    {
        if (_door is null)
        {
            return false;
        }

        _door.Submit(operation);
        return true;
    }

    /// <summary>An operator tells the replica something.</summary>
    public void Tell(Action<Replica> command)
    {
        try
        {
            _replica!.Tick(Clock.At(_simulation.Now));
            command(_replica);
            AfterEvent();
        }
        catch (Exception exception) when (IsPowerCut(exception))
        {
            PowerLost();
        }
    }

    /// <summary>Lets an event happen.</summary>
    public void Handle(in SimulatedEvent happening)
    {
        if (happening.Lifetime >= 0 && happening.Lifetime != _lifetime)
        {
            return;
        }

        try
        {
            if (happening.Kind == EventKind.Start)
            {
                Start();
            }
            else if (happening.Kind == EventKind.Wake)
            {
                Wake();
            }
            else if (IsPaused)
            {
                _backlog.Add(happening);
            }
            else if (IsUp)
            {
                Dispatch(happening);
            }
        }
        catch (Exception exception) when (IsPowerCut(exception))
        {
            PowerLost();
        }
    }

    /// <summary>Ends the process at this instant.</summary>
    public void Crash(CrashKind kind)
    {
        _simulation.Trace.Add(_simulation.Now, EventKind.Down, Number, (long)kind);
        _simulation.CrashCount++;
        if (_files is not null)
        {
            Record.Crashed(_files.Log);
        }

        FrontDoor? door = _door;
        Release();
        _disk.Crash(kind);
        _lifetime++;
        door?.ConnectionsLost();
    }

    /// <summary>Schedules a start.</summary>
    public void StartIn(long ticks) => _simulation.Schedule(new SimulatedEvent(_simulation.Now + ticks, EventKind.Start, Number, _lifetime));

    /// <summary>Lets the process stand still for a while; what reaches it meanwhile waits.</summary>
    public void Pause(long ticks)
    {
        if (IsUp && !IsPaused)
        {
            IsPaused = true;
            _simulation.Schedule(new SimulatedEvent(_simulation.Now + ticks, EventKind.Wake, Number, _lifetime));
        }
    }

    /// <summary>Lets the process go on.</summary>
    public void Wake()
    {
        if (!IsPaused)
        {
            return;
        }

        IsPaused = false;
        SimulatedEvent[] waiting = [.. _backlog];
        _backlog.Clear();
        for (int i = 0; i < waiting.Length; i++)
        {
            // One after the other, as events of now: each may end the process, or stop it again.
            _simulation.Schedule(waiting[i] with { Time = _simulation.Now });
        }

        ArmTimer();
    }

    /// <summary>The folder is lost with everything in it, and the process with it.</summary>
    public void Wipe()
    {
        if (IsUp)
        {
            Crash(CrashKind.PowerLost);
        }

        _disk.Dispose();
        _disk = NewDisk();
        _folder.Lost();
        Record.Wiped();
    }

    /// <summary>An operator empties the folder, if there is one, and has the node join the cluster: it starts as soon as it is told to.</summary>
    public void SetUp()
    {
        if (_folder.IsInUse)
        {
            Wipe();
        }

        _folder.SetUp();
    }

    /// <summary>The clock was changed: what waits for it may be due at another time.</summary>
    public void ClockChanged()
    {
        _timerAt = long.MaxValue;
        if (IsUp)
        {
            ArmTimer();
        }
    }

    /// <summary>The power will go with the disk operation that is so many ahead.</summary>
    public void CutPowerInWrite(int operations) => _disk.InjectFault(null, operations, DiskFault.PowerCut);

    /// <summary>Takes back a power cut that has not come.</summary>
    public void ClearPowerCut() => _disk.ClearFaults();

    /// <summary>Stops it cleanly, opens its folder once more, and closes it again: what it was must all be there.</summary>
    public void StopAndReopen()
    {
        NodeFiles files = _files!;
        ulong last = files.Log.LastIndex;
        ulong applied = files.Keyspace.AppliedIndex;
        files.Close();
        Release();
        using NodeFiles again = Open();
        again.Restore(_settings.Self);
        if (again.Log.LastIndex != last || again.Keyspace.AppliedIndex != applied)
        {
            throw new SimulationFailedException(
                $"n{Number + 1} stopped with entry {last}, applied {applied}, and came back with {again.Log.LastIndex}, applied {again.Keyspace.AppliedIndex}.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _disk.Dispose();
    }

    /// <summary>Schedules something for this run of the process.</summary>
    internal void Schedule(long time, EventKind kind, long argument = 0, object? payload = null) =>
        _simulation.Schedule(new SimulatedEvent(time, kind, Number, _lifetime, argument, payload));

    private static bool IsPowerCut(Exception? exception) =>
        exception is not null && (exception is PowerCutException || IsPowerCut(exception.InnerException));

    private void PowerLost()
    {
        _simulation.Faults.Count(FaultKind.CrashInWrite);
        Crash(CrashKind.PowerLost);
        StartIn(_random.Ticks(10, 800));
    }

    /// <summary>Its folder says whose it is.</summary>
    internal void Identified(FolderIdentity identity)
    {
        _folder.Identified(identity);
        _simulation.Checks.Identified(this, identity);
    }

    private SimulatedDisk NewDisk() => new(_random.NextUInt64(), _simulation.DiskFileBytesMaximum);

    private NodeFiles Open() => NodeFiles.Open(_settings, _disk, _random.NextGuid);

    private void Start()
    {
        if (IsUp || _simulation.IsOver)
        {
            return;
        }

        try
        {
            _files = Open();
        }
        catch (DataFolderException) when (_folder.RemovalAsked)
        {
            // It wrote down that it was removed, and is refused on that folder for good (R5).
            return;
        }

        ReplicaRestore restore = _files.Restore(_settings.Self);
        Record.Restarted(_files, this);
        Identified(_files.Identity);
        Clock.Reset(_simulation.Now, _random.Ticks(0, 10_000));
        ReplicaOptions options = _options with { Members = _simulation.Operators.MembersListedBy(this), Joins = _folder.Joins };
        _replica = new Replica(options, restore, _random.Fork(), Clock.At(_simulation.Now));
        _log = new SimulatedLogDevice(_simulation, this, _files, _random);
        _store = new SimulatedStore(_simulation, this, _files, _random);
        _snapshots = new SimulatedSnapshots(_simulation, this, _files, _random);
        _door = new FrontDoor(_simulation, this, _random);
        _store.Begin();
        _timerAt = long.MaxValue;
        AfterEvent();
    }

    private void Release()
    {
        _simulation.Operators.ProcessEnded(this);
        _snapshots?.Dispose();
        _snapshots = null;
        _files?.Dispose();
        _files = null;
        _replica = null;
        _log = null;
        _store = null;
        _door = null;
        IsPaused = false;
        _backlog.Clear();
        _timerAt = long.MaxValue;
    }

    private void Dispatch(in SimulatedEvent happening)
    {
        switch (happening.Kind)
        {
            case EventKind.Timer:
                if (happening.Argument != _timerToken)
                {
                    return;
                }

                _timerAt = long.MaxValue;
                _replica!.Tick(Clock.At(_simulation.Now));
                break;
            case EventKind.Deliver:
                // Its timer rings at deadlines only; a message must not count as heard when it last rang.
                _replica!.Tick(Clock.At(_simulation.Now));
                _replica.Receive((IPeerMessage)happening.Payload!, NodeSettings.AddressOf((int)happening.Argument));
                break;
            case EventKind.LogDone:
                _log!.Done(_replica!);
                break;
            case EventKind.Apply:
                _store!.Apply(_replica!);
                break;
            case EventKind.Checkpoint:
                _store!.Checkpoint(_replica!);
                break;
            case EventKind.SnapshotDone:
                _snapshots!.Done(_replica!);
                break;
            case EventKind.Swapped:
                _replica!.StoreSwapped();
                break;
            case EventKind.HandOver:
                _door!.HandOver(_replica!, Clock.At(_simulation.Now));
                break;
        }

        AfterEvent();
    }

    private void AfterEvent()
    {
        CarryOut();
        if (IsUp)
        {
            _simulation.Checks.AfterEvent(this);
            ArmTimer();
        }
    }

    private void CarryOut()
    {
        foreach (ReplicaEffect effect in _replica!.TakeEffects())
        {
            switch (effect)
            {
                case SendEffect send:
                    Send(send);
                    break;
                case AppendEffect or ReadLogEffect or TruncateLogEffect or InstallSnapshotEffect or SaveIdentityEffect:
                    _log!.Add(effect);
                    break;
                case ApplyEffect apply:
                    _store!.Add(apply);
                    break;
                case SwapStoreEffect swap:
                    _store!.Swap(swap);
                    break;
                case OpenSnapshotEffect or ReadSnapshotEffect or CloseSnapshotEffect or WriteSnapshotEffect or CheckSnapshotEffect:
                    _snapshots!.Add(effect);
                    break;
                case AnswerChangeEffect answer:
                    _simulation.Operators.Answered(this, answer);
                    break;
                case AnswerBatchEffect answer:
                    _door!.Answer(answer);
                    break;
                case AnswerReadEffect answer:
                    _door!.Answer(answer);
                    break;
                case NoticeEffect notice:
                    _simulation.Note(Number, notice.Text);
                    break;
                case StopEffect stop:
                    Stop(stop.Reason);
                    return;
                default:
                    throw new InvalidOperationException($"The simulator does not know how to carry out {effect.GetType().Name}.");
            }
        }
    }

    private void Send(SendEffect send)
    {
        int to = _simulation.NumberAt(send.Address);
        IPeerMessage message = send.Message;
        if (message is PeerFrame frame)
        {
            _simulation.Checks.Sent(this, frame.Message);
            if (_simulation.Settings.UsesWireForm)
            {
                // As bytes, as between real nodes: what the wire form forgets is missing here too.
                message = RaftMessageCodec.FromWire(PeerFrameMessage.Parser.ParseFrom(RaftMessageCodec.ToWire(frame).ToByteArray()));
            }
        }

        if (to >= 0)
        {
            _simulation.Network.Send(Number, to, message);
        }
    }

    private void Stop(string reason)
    {
        _simulation.Note(Number, reason);
        if (!_folder.MayBeRefused)
        {
            throw new SimulationFailedException($"n{Number + 1} stopped, although it lost nothing and nobody removed it: {reason}");
        }

        FrontDoor door = _door!;
        Release();
        _lifetime++;
        door.ConnectionsLost();
        if (_folder.IsBlank && _folder.Joins)
        {
            // It came before the cluster had heard of it: whoever watches over it starts it again.
            StartIn(_random.Ticks(300, 1500));
        }
    }

    private void ArmTimer()
    {
        if (IsPaused)
        {
            return;
        }

        TimeSpan deadline = _replica!.NextDeadline;
        if (deadline == TimeSpan.MaxValue)
        {
            return;
        }

        long due = Math.Max(Clock.WhenReached(deadline), _simulation.Now + 1);
        long phase = Number * (TimerGridTicks / 10);
        due = ((due - phase + TimerGridTicks - 1) / TimerGridTicks * TimerGridTicks) + phase;
        if (due < _timerAt)
        {
            _timerAt = due;
            Schedule(due, EventKind.Timer, ++_timerToken);
        }
    }
}
