namespace Akka.Actor;

public interface ICancelable
{
    bool IsCancellationRequested { get; }
    CancellationToken Token { get; }
    void Cancel();
    void Cancel(bool throwOnFirstException);
    void CancelAfter(TimeSpan delay);
    void CancelAfter(int millisecondsDelay);
}

public class Cancelable : ICancelable, IDisposable
{
    private readonly IActionScheduler _scheduler;
    private CancellationTokenSource? _source;
    private volatile bool _canceled;
    public Cancelable(IActionScheduler scheduler) => _scheduler = scheduler;
    public Cancelable(IScheduler scheduler) : this(scheduler.Advanced) { }
    public Cancelable(IScheduler scheduler, TimeSpan delay) : this(scheduler.Advanced) => CancelAfter(delay);
    public bool IsCancellationRequested => _canceled;
    public bool IsDisposed { get; private set; }

    /// <summary>Made when first asked for: most cancelables are only ever polled, by the scheduler.</summary>
    public CancellationToken Token
    {
        get
        {
            if (_source is null)
            {
                var source = new CancellationTokenSource();
                Interlocked.CompareExchange(ref _source, source, null);
                if (_canceled)
                {
                    _source.Cancel();
                }
            }

            return _source.Token;
        }
    }

    public void Cancel() => Cancel(throwOnFirstException: false);

    public void Cancel(bool throwOnFirstException)
    {
        _canceled = true;
        Interlocked.MemoryBarrier();
        _source?.Cancel(throwOnFirstException);
    }

    public void CancelAfter(TimeSpan delay) => _scheduler.ScheduleOnce(delay, Cancel);
    public void CancelAfter(int millisecondsDelay) => CancelAfter(TimeSpan.FromMilliseconds(millisecondsDelay));

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        IsDisposed = true;
        _source?.Dispose();
    }
}

public static class CancelableExtensions
{
    public static void CancelIfNotNull(this ICancelable? cancelable) => cancelable?.Cancel();
}
