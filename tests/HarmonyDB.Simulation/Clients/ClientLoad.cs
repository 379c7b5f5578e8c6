namespace HarmonyDB.Simulation;

/// <summary>
/// All clients together: they begin operations at a steady rate, whatever becomes of those before, in bursts at one node; turn to another node
/// with what was refused; and give up after a while. What they know is the history that is checked.
/// </summary>
internal sealed class ClientLoad
{
    private const long ExpireEveryTicks = 50 * TimeSpan.TicksPerMillisecond;

    private readonly ClusterSimulation _simulation;
    private readonly LoadSettings _settings;
    private readonly SimulatedRandom _random;
    private readonly List<ClientOperation> _history = [];
    private readonly List<ClientOperation> _pending = [];
    private List<ClientOperation> _refused = [];
    private int _leader = -1;
    private bool _retryScheduled;
    private bool _stopped;

    /// <summary>Creates clients that have asked for nothing yet.</summary>
    public ClientLoad(ClusterSimulation simulation, SimulatedRandom random)
    {
        _simulation = simulation;
        _settings = simulation.Settings.Load;
        _random = random;
    }

    /// <summary>Every operation, in the order of their beginnings.</summary>
    public IReadOnlyList<ClientOperation> History => _history;

    /// <summary>Operations that were acknowledged.</summary>
    public long DoneCount { get; private set; }

    /// <summary>Operations that still wait for their answer.</summary>
    public int PendingCount => _pending.Count(o => o.Outcome == OperationOutcome.Pending);

    /// <summary>Begins.</summary>
    public void Begin()
    {
        _simulation.Schedule(new SimulatedEvent(0, EventKind.Arrival));
        _simulation.Schedule(new SimulatedEvent(0, EventKind.Expire));
    }

    /// <summary>No new operations, and nobody gives up any more.</summary>
    public void Stop()
    {
        _stopped = true;
        foreach (ClientOperation operation in _pending)
        {
            operation.Deadline = long.MaxValue;
        }
    }

    /// <summary>Lets an event happen.</summary>
    public void Handle(in SimulatedEvent happening)
    {
        switch (happening.Kind)
        {
            case EventKind.Arrival when !_stopped:
                int count = 1 + _random.Next(_settings.BurstMaximum);
                Burst(count);
                long mean = count * TimeSpan.TicksPerSecond / LoadSettings.OperationsPerSecond;
                _simulation.Schedule(new SimulatedEvent(_simulation.Now + _random.Between(mean / 2, mean * 3 / 2), EventKind.Arrival));
                break;
            case EventKind.Retry:
                Retry();
                break;
            case EventKind.Expire:
                Expire();
                _simulation.Schedule(new SimulatedEvent(_simulation.Now + ExpireEveryTicks, EventKind.Expire));
                break;
        }
    }

    /// <summary>Begins an operation at a node.</summary>
    public ClientOperation Submit(OperationKind kind, int key, int node, long patience)
    {
        var operation = new ClientOperation
        {
            Id = _history.Count + 1,
            Kind = kind,
            Key = key,
            Begin = _simulation.Now,
            Deadline = patience == long.MaxValue ? long.MaxValue : _simulation.Now + patience,
        };
        _history.Add(operation);
        _pending.Add(operation);
        Submit(operation, node);
        return operation;
    }

    /// <summary>A node answered.</summary>
    public void Done(ClientOperation operation, long revision, long saw, int node)
    {
        if (operation.Outcome == OperationOutcome.Pending)
        {
            operation.Outcome = OperationOutcome.Done;
            operation.End = _simulation.Now;
            operation.Revision = revision;
            operation.Saw = saw;
            DoneCount++;
            _simulation.Trace.Add(_simulation.Now, EventKind.Answered, node, operation.Id, saw);
        }
    }

    /// <summary>Nobody can tell what becomes of these.</summary>
    public void Unknown(IReadOnlyList<ClientOperation> operations)
    {
        foreach (ClientOperation operation in operations)
        {
            if (operation.Outcome == OperationOutcome.Pending)
            {
                operation.Outcome = OperationOutcome.Unknown;
            }
        }
    }

    /// <summary>These did not happen; they may be asked for elsewhere.</summary>
    public void Refused(IReadOnlyList<ClientOperation> operations, int leader)
    {
        _leader = leader;
        _refused.AddRange(operations);
        if (!_retryScheduled && _refused.Count > 0)
        {
            _retryScheduled = true;
            _simulation.Schedule(new SimulatedEvent(_simulation.Now + _random.Ticks(2, 40), EventKind.Retry));
        }
    }

    private void Burst(int count)
    {
        int node = PickNode();
        for (int i = 0; i < count; i++)
        {
            int key = _random.Chance(_settings.HotKeyPermille) ? 0 : _random.Next(_settings.Keys);
            Submit(DrawKind(), key, node, _settings.PatienceTicks);
        }
    }

    private OperationKind DrawKind()
    {
        if (_random.Chance(_settings.ReadPermille))
        {
            return OperationKind.Get;
        }

        bool deletes = _random.Chance(_settings.DeletePermille);
        return _random.Chance(_settings.PreviousPermille)
            ? (deletes ? OperationKind.Take : OperationKind.Swap)
            : (deletes ? OperationKind.Delete : OperationKind.Put);
    }

    private int PickNode() => _leader >= 0 && _random.Chance(700) ? _leader : _random.Pick(_simulation.NodesInUse).Number;

    private void Submit(ClientOperation operation, int node)
    {
        if (!_simulation.Nodes[node].TrySubmit(operation))
        {
            Refused([operation], -1);
        }
    }

    private void Retry()
    {
        _retryScheduled = false;
        List<ClientOperation> refused = _refused;
        _refused = [];
        int node = PickNode();
        foreach (ClientOperation operation in refused)
        {
            if (operation.Outcome == OperationOutcome.Pending)
            {
                Submit(operation, node);
            }
        }
    }

    private void Expire()
    {
        int kept = 0;
        for (int i = 0; i < _pending.Count; i++)
        {
            ClientOperation operation = _pending[i];
            if (operation.Outcome == OperationOutcome.Pending && operation.Deadline <= _simulation.Now)
            {
                operation.Outcome = operation.HandedOver ? OperationOutcome.Unknown : OperationOutcome.NotTaken;
            }

            if (operation.Outcome == OperationOutcome.Pending)
            {
                _pending[kept++] = operation;
            }
        }

        _pending.RemoveRange(kept, _pending.Count - kept);
    }
}
