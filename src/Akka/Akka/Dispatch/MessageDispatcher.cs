using Akka.Actor;
using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Gives mailboxes a thread to run on.</summary>
public abstract class MessageDispatcher
{
    public const int DefaultThroughput = 100;
    private long _inhabitants;

    protected MessageDispatcher(MessageDispatcherConfigurator configurator)
    {
        Configurator = configurator;
        var config = configurator.Config;
        Id = config.GetString("id", "");
        Throughput = config.GetInt("throughput", DefaultThroughput);
        ThroughputDeadlineTime = config.GetTimeSpan("throughput-deadline-time").Ticks;
        ShutdownTimeout = config.GetTimeSpan("shutdown-timeout", TimeSpan.FromSeconds(1));
    }

    public MessageDispatcherConfigurator Configurator { get; }
    public string Id { get; protected set; }
    public int Throughput { get; set; }
    public long? ThroughputDeadlineTime { get; protected set; }
    public TimeSpan ShutdownTimeout { get; protected set; }
    public void Schedule(Action run) => ExecuteTask(new ActionRunnable(run));
    public void Schedule(IRunnable run) => ExecuteTask(run);
    internal void Execute(IRunnable run) => ExecuteTask(run);
    internal void Attach(ActorCell cell) => Interlocked.Increment(ref _inhabitants);

    internal void Detach(ActorCell cell)
    {
        if (Interlocked.Decrement(ref _inhabitants) == 0)
        {
            Abandoned();
        }
    }

    internal void Stop() => Shutdown();

    /// <summary>The last actor has left.</summary>
    internal virtual void Abandoned() { }
    protected abstract void ExecuteTask(IRunnable run);
    protected abstract void Shutdown();
}

/// <summary>Makes the dispatcher of a section of the configuration: one for all, or one for each actor.</summary>
public abstract class MessageDispatcherConfigurator
{
    protected MessageDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
    {
        Config = config;
        Prerequisites = prerequisites;
    }

    public Config Config { get; }
    public IDispatcherPrerequisites Prerequisites { get; }
    public abstract MessageDispatcher Dispatcher();
}
