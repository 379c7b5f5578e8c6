using Akka.Configuration;

namespace Akka.Dispatch;

/// <summary>Gives mailboxes a thread to run on.</summary>
public abstract class MessageDispatcher
{
    protected MessageDispatcher(MessageDispatcherConfigurator configurator)
    {
        Configurator = configurator;
        Id = configurator.Config.GetString("id", "");
        Throughput = configurator.Config.GetInt("throughput");
    }

    public MessageDispatcherConfigurator Configurator { get; }
    public string Id { get; protected set; }

    /// <summary>How many messages an actor may handle before the next one has its turn.</summary>
    public int Throughput { get; set; }
    internal void Execute(IRunnable run) => ExecuteTask(run);
    internal void Stop() => Shutdown();

    /// <summary>An actor of this dispatcher has stopped.</summary>
    internal virtual void Detach() { }
    protected abstract void ExecuteTask(IRunnable run);
    protected abstract void Shutdown();
}

public interface IRunnable : IThreadPoolWorkItem
{
    void Run();
}

/// <summary>Makes the dispatcher of a section of the configuration: one for all, or one for each actor.</summary>
public abstract class MessageDispatcherConfigurator
{
    protected MessageDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites) => (Config, Prerequisites) = (config, prerequisites);

    public Config Config { get; }
    public IDispatcherPrerequisites Prerequisites { get; }
    public abstract MessageDispatcher Dispatcher();
}
