namespace HarmonyDB.Raft;

/// <summary>
/// Knows what the disk holds, as far as the host has reported: each <see cref="Ready"/> under way remembers the last entry and the hard state
/// that its completion will make durable.
/// </summary>
internal sealed class Durability(LogIndex lastIndex, HardState hardState)
{
    private readonly List<Pending> _pending = [];

    /// <summary>The last index up to which the disk is known to hold exactly the entries of the log in memory.</summary>
    public LogIndex LastIndex { get; private set; } = lastIndex;

    /// <summary>The hard state that the disk is known to hold.</summary>
    public HardState HardState { get; private set; } = hardState;

    /// <summary>The number of the last Ready known to be durable.</summary>
    public ulong Number { get; private set; }

    /// <summary>Since when the oldest write that must be flushed has been under way; null when none is.</summary>
    public TimeSpan? FlushingSince
    {
        get
        {
            foreach (var pending in _pending)
            {
                if (pending.FlushingSince is not null)
                {
                    return pending.FlushingSince;
                }
            }
            return null;
        }
    }

    /// <summary>A Ready that writes something was handed to the host.</summary>
    /// <param name="number">Its number.</param>
    /// <param name="lastIndex">The last index of the log with it.</param>
    /// <param name="hardState">The hard state with it.</param>
    /// <param name="flushingSince">The time, if the write must be flushed: one that need not be may be completed whenever the host likes.</param>
    public void Taken(ulong number, LogIndex lastIndex, HardState hardState, TimeSpan? flushingSince) =>
        _pending.Add(new Pending(number, lastIndex, hardState, flushingSince));

    /// <summary>
    /// Entries from this index on were replaced in memory. A write still under way may yet complete, but what it wrote from here on is no longer
    /// in the log: its late acknowledgement must not count for the entries that took their place (R44).
    /// </summary>
    public void Truncated(LogIndex index)
    {
        LastIndex = LogIndex.Min(LastIndex, index.Previous);
        for (var i = 0; i < _pending.Count; i++)
        {
            _pending[i] = _pending[i] with { LastIndex = LogIndex.Min(_pending[i].LastIndex, index.Previous) };
        }
    }

    /// <summary>The host reports that this Ready and all before it are durable.</summary>
    public void Persisted(ulong number)
    {
        Number = Math.Max(Number, number);
        var done = 0;
        while (done < _pending.Count && _pending[done].Number <= number)
        {
            LastIndex = LogIndex.Max(LastIndex, _pending[done].LastIndex);
            HardState = _pending[done].HardState;
            done++;
        }
        _pending.RemoveRange(0, done);
    }

    private readonly record struct Pending(ulong Number, LogIndex LastIndex, HardState HardState, TimeSpan? FlushingSince);
}
