using System.Diagnostics;

namespace HarmonyDB.Server.Client;

/// <summary>The time a call has left, and whether it was the clock or the caller that ended it.</summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _source;
    private readonly TimeSpan _timeout;
    private readonly long _start = Stopwatch.GetTimestamp();

    public CallDeadline(TimeSpan timeout, CancellationToken caller)
    {
        _caller = caller;
        _timeout = timeout;
        _source = CancellationTokenSource.CreateLinkedTokenSource(caller);
        _source.CancelAfter(timeout);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Never below zero.</summary>
    public TimeSpan Remaining => TimeSpan.FromTicks(Math.Max(0, (_timeout - Stopwatch.GetElapsedTime(_start)).Ticks));

    public bool IsCancelledByCaller => _caller.IsCancellationRequested;

    public bool IsOver => _source.IsCancellationRequested;

    public void Dispose() => _source.Dispose();
}
