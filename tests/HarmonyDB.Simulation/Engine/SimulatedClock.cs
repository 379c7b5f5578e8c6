namespace HarmonyDB.Simulation;

/// <summary>
/// The monotonic clock of one node: it has its own zero, runs too fast or too slow, and leaps ahead, but never goes back.
/// </summary>
internal sealed class SimulatedClock
{
    private long _since;
    private long _local;
    private int _permille = 1000;

    /// <summary>Starts anew, as a process does that measures from its own start.</summary>
    public void Reset(long now, long local)
    {
        _since = now;
        _local = local;
    }

    /// <summary>Local time at a moment of simulated time that is not before the last change.</summary>
    public TimeSpan At(long now) => new(_local + ((now - _since) * _permille / 1000));

    /// <summary>When, in simulated time, this clock will not be before a local time.</summary>
    public long WhenReached(TimeSpan local)
    {
        long ahead = local.Ticks - _local;
        return ahead <= 0 ? _since : _since + (((ahead * 1000) + _permille - 1) / _permille);
    }

    /// <summary>From now on so many thousandths of the right speed.</summary>
    public void SetRate(long now, int permille)
    {
        Reset(now, At(now).Ticks);
        _permille = permille;
    }

    /// <summary>Leaps ahead.</summary>
    public void Jump(long now, long ticks) => Reset(now, At(now).Ticks + ticks);
}
