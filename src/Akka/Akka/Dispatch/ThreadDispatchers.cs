using System.Collections.Concurrent;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Runs mailboxes on the thread pool of the process.</summary>
internal sealed class ThreadPoolDispatcher(MessageDispatcherConfigurator configurator) : MessageDispatcher(configurator)
{
    // Not to the queue of this thread, which is last-in-first-out: two chatting actors there would starve a third.
    protected override void ExecuteTask(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
    protected override void Shutdown() { }
}

/// <summary>Runs mailboxes on threads of its own; with one thread and one actor it is a pinned dispatcher.</summary>
internal sealed class DedicatedThreadDispatcher(MessageDispatcherConfigurator configurator, int threads, bool isPinned)
    : MessageDispatcher(configurator)
{
    private readonly BlockingCollection<IRunnable> _work = [];
    private int _started;

    internal override void Detach()
    {
        if (isPinned)
        {
            Shutdown();
        }
    }

    protected override void ExecuteTask(IRunnable run)
    {
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            for (var i = 0; i < threads; i++)
            {
                new Thread(Work) { IsBackground = true, Name = $"{Id}_{i}" }.Start();
            }
        }

        try
        {
            _work.Add(run);
        }
        catch (InvalidOperationException) when (_work.IsAddingCompleted)
        {
            // After the end only stragglers come, such as the continuation of a task; they must run somewhere.
            ThreadPool.UnsafeQueueUserWorkItem(run, preferLocal: false);
        }
    }

    protected override void Shutdown() => _work.CompleteAdding();

    private void Work()
    {
        foreach (var run in _work.GetConsumingEnumerable())
        {
            try
            {
                run.Run();
            }
            catch (Exception e)
            {
                Configurator.Prerequisites.EventStream.Publish(new Event.Error(e, Id, GetType(), "A task of the dispatcher failed"));
            }
        }
    }
}

internal sealed class SharedDispatcherConfigurator : MessageDispatcherConfigurator
{
    private readonly MessageDispatcher _dispatcher;

    public SharedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites, int threads) : base(config, prerequisites) =>
        _dispatcher = threads == 0 ? new ThreadPoolDispatcher(this) : new DedicatedThreadDispatcher(this, threads, isPinned: false);

    public override MessageDispatcher Dispatcher() => _dispatcher;
    public void Shutdown() => _dispatcher.Stop();
}

internal sealed class PinnedDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    : MessageDispatcherConfigurator(config, prerequisites)
{
    public override MessageDispatcher Dispatcher() => new DedicatedThreadDispatcher(this, threads: 1, isPinned: true);
}
