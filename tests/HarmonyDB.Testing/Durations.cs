namespace HarmonyDB.Testing;

/// <summary>Measured durations, and the quantiles of them. For one thread.</summary>
public sealed class Durations
{
    private readonly List<TimeSpan> _durations = [];
    private bool _isSorted = true;

    /// <summary>How many there are.</summary>
    public int Count => _durations.Count;

    /// <summary>Adds one.</summary>
    public void Add(TimeSpan duration)
    {
        _durations.Add(duration);
        _isSorted = false;
    }

    /// <summary>Adds all of another.</summary>
    public void Add(Durations other)
    {
        _durations.AddRange(other._durations);
        _isSorted = false;
    }

    /// <summary>The smallest duration that at least this share of all do not exceed (nearest rank), in milliseconds; 0 when there is none.</summary>
    /// <param name="share">Above 0, at most 1: 0.5 is the median, 1 the worst.</param>
    public double Milliseconds(double share)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(share, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        if (_durations.Count == 0)
        {
            return 0;
        }

        if (!_isSorted)
        {
            _durations.Sort();
            _isSorted = true;
        }

        return _durations[(int)Math.Ceiling(share * _durations.Count) - 1].TotalMilliseconds;
    }
}
