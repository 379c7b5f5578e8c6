using HarmonyDB.Messages;

namespace HarmonyDB.Simulation;

/// <summary>
/// The links between nodes. Messages take time, and as the seed's faults have it they are lost, doubled, overtaken, held back, or find a link
/// cut, in one direction or both.
/// </summary>
internal sealed class SimulatedNetwork
{
    private readonly ClusterSimulation _simulation;
    private readonly NetworkSettings _settings;
    private readonly SimulatedRandom _random;
    private readonly Link[] _links;
    private readonly int _nodes;
    private bool _healed;

    /// <summary>Creates a network on which everything arrives.</summary>
    public SimulatedNetwork(ClusterSimulation simulation, NetworkSettings settings, SimulatedRandom random, int nodes)
    {
        _simulation = simulation;
        _settings = settings;
        _random = random;
        _nodes = nodes;
        _links = new Link[nodes * nodes];
        for (int i = 0; i < _links.Length; i++)
        {
            _links[i] = new Link();
        }
    }

    /// <summary>Messages sent so far.</summary>
    public long Sent { get; private set; }

    /// <summary>Sends a message; it arrives once, or never, or twice.</summary>
    public void Send(int from, int to, IPeerMessage message)
    {
        Sent++;
        Link link = LinkOf(from, to);
        if (link.Cuts > 0)
        {
            _simulation.Faults.Count(link.LastCut);
            _simulation.Trace.Add(_simulation.Now, EventKind.Lost, to, from);
            return;
        }

        if (!_healed)
        {
            if (_settings.DropPermille > 0 && _random.Chance(_settings.DropPermille))
            {
                _simulation.Faults.Count(FaultKind.Drop);
                _simulation.Trace.Add(_simulation.Now, EventKind.Lost, to, from, 1);
                return;
            }

            if (_settings.DuplicatePermille > 0 && _random.Chance(_settings.DuplicatePermille))
            {
                _simulation.Faults.Count(FaultKind.Duplicate);
                Carry(link, from, to, message);
            }
        }

        Carry(link, from, to, message);
    }

    /// <summary>Cuts a link in one direction, once more; it carries again when all cuts of it are mended.</summary>
    public void Cut(int from, int to, FaultKind kind)
    {
        Link link = LinkOf(from, to);
        link.Cuts++;
        link.LastCut = kind;
    }

    /// <summary>Takes back one cut.</summary>
    public void Mend(int from, int to) => LinkOf(from, to).Cuts--;

    /// <summary>Holds back what is sent on a link from now on.</summary>
    public void Clog(int from, int to) => LinkOf(from, to).Clogs++;

    /// <summary>Takes back one clog; with the last one all that was held back goes on its way.</summary>
    public void Unclog(int from, int to)
    {
        Link link = LinkOf(from, to);
        if (--link.Clogs == 0)
        {
            foreach (IPeerMessage held in link.Held)
            {
                Schedule(link, from, to, held);
            }

            link.Held.Clear();
        }
    }

    /// <summary>From now on nothing is lost, doubled or late. Cuts and clogs are mended by whoever made them.</summary>
    public void Heal() => _healed = true;

    private void Carry(Link link, int from, int to, IPeerMessage message)
    {
        if (link.Clogs > 0)
        {
            // Real senders hold only so much; the rest is lost like any message.
            if (link.Held.Count < _settings.HeldMessagesMaximum)
            {
                link.Held.Add(message);
            }

            return;
        }

        Schedule(link, from, to, message);
    }

    private void Schedule(Link link, int from, int to, IPeerMessage message)
    {
        long delay = _random.Between(_settings.DelayTicksMinimum, _settings.DelayTicksMaximum);
        long arrival = _simulation.Now + delay;
        if (!_healed && _settings.LatePermille > 0 && _random.Chance(_settings.LatePermille))
        {
            _simulation.Faults.Count(FaultKind.Delay);
            arrival += _random.Between(0, _settings.LateTicksMaximum);
        }
        else if (_settings.Reorders)
        {
            // Each message by itself: it may arrive before one that left earlier.
            if (arrival < link.LastArrival)
            {
                _simulation.Faults.Count(FaultKind.Reorder);
            }

            link.LastArrival = Math.Max(link.LastArrival, arrival);
        }
        else
        {
            arrival = link.LastArrival = Math.Max(link.LastArrival, arrival);
        }

        _simulation.Schedule(new SimulatedEvent(arrival, EventKind.Deliver, to, Argument: from, Payload: message));
    }

    private Link LinkOf(int from, int to) => _links[(from * _nodes) + to];

    private sealed class Link
    {
        public int Cuts { get; set; }

        public FaultKind LastCut { get; set; }

        public int Clogs { get; set; }

        public List<IPeerMessage> Held { get; } = [];

        public long LastArrival { get; set; }
    }
}
