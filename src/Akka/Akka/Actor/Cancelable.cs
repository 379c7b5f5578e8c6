namespace Akka.Actor;

public interface ICancelable
{
    bool IsCancellationRequested { get; }
    CancellationToken Token { get; }
    void Cancel();
    void CancelAfter(TimeSpan delay);
}

public class Cancelable(IActionScheduler scheduler) : ICancelable
{
    private readonly CancellationTokenSource _source = new();
    public Cancelable(IScheduler scheduler) : this(scheduler.Advanced) { }
    public bool IsCancellationRequested => _source.IsCancellationRequested;
    public CancellationToken Token => _source.Token;
    public void Cancel() => _source.Cancel();
    public void CancelAfter(TimeSpan delay) => scheduler.ScheduleOnce(delay, Cancel);
}
