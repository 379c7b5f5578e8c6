namespace HarmonyDB.DataFolder;

/// <summary>Tells an operator how far the opening of a large log is: a line a second, from the first second on.</summary>
internal sealed class RecoveryProgress
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Action<string> _tell;
    private readonly TimeProvider _time;
    private long _toldAt;

    /// <summary>Creates it; time runs from now.</summary>
    /// <param name="tell">Takes the lines.</param>
    /// <param name="time">Source of timestamps.</param>
    public RecoveryProgress(Action<string> tell, TimeProvider time)
    {
        _tell = tell;
        _time = time;
        _toldAt = time.GetTimestamp();
    }

    /// <summary>This much is done.</summary>
    public void Report(long doneBytes, long totalBytes)
    {
        if (_time.GetElapsedTime(_toldAt) >= Interval)
        {
            _toldAt = _time.GetTimestamp();
            _tell($"Verifying the log: {100 * doneBytes / Math.Max(1, totalBytes)} % of {totalBytes >> 20} MiB.");
        }
    }
}
