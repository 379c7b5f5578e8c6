using System.Diagnostics.CodeAnalysis;

namespace HarmonyDB.Simulation;

/// <summary>The future: a binary heap of events. Those of the same moment happen in the order in which they were added.</summary>
internal sealed class EventQueue
{
    private Item[] _heap = new Item[256];
    private ulong _lastOrder;

    /// <summary>Number of events.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an event.</summary>
    public void Add(in SimulatedEvent added)
    {
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        ulong order = ++_lastOrder;
        int at = Count++;
        while (at > 0)
        {
            int parent = (at - 1) / 2;
            if (_heap[parent].Event.Time <= added.Time)
            {
                break;
            }

            _heap[at] = _heap[parent];
            at = parent;
        }

        _heap[at] = new Item(added, order);
    }

    /// <summary>Takes the next event.</summary>
    public bool TryTake([MaybeNullWhen(false)] out SimulatedEvent next)
    {
        if (Count == 0)
        {
            next = default;
            return false;
        }

        next = _heap[0].Event;
        Item last = _heap[--Count];
        _heap[Count] = default;
        if (Count > 0)
        {
            SinkFromRoot(last);
        }

        return true;
    }

    private void SinkFromRoot(in Item item)
    {
        int at = 0;
        while (true)
        {
            int child = (2 * at) + 1;
            if (child >= Count)
            {
                break;
            }

            if (child + 1 < Count && _heap[child + 1].IsBefore(_heap[child]))
            {
                child++;
            }

            if (!_heap[child].IsBefore(item))
            {
                break;
            }

            _heap[at] = _heap[child];
            at = child;
        }

        _heap[at] = item;
    }

    private readonly struct Item(SimulatedEvent scheduled, ulong order)
    {
        private readonly ulong _order = order;

        public readonly SimulatedEvent Event = scheduled;

        public bool IsBefore(in Item other) => Event.Time < other.Event.Time || (Event.Time == other.Event.Time && _order < other._order);
    }
}
