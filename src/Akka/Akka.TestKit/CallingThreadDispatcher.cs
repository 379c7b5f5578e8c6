using Akka.Configuration;
using Akka.Dispatch;

namespace Akka.TestKit;

/// <summary>Runs a mailbox on the thread that sent the message, before <c>Tell</c> returns.</summary>
public class CallingThreadDispatcher : MessageDispatcher
{
    public CallingThreadDispatcher(MessageDispatcherConfigurator configurator)
        : base(configurator)
    {
    }

    public static new string Id => "akka.test.calling-thread-dispatcher";

    protected override void ExecuteTask(IRunnable run) => run.Run();

    protected override void Shutdown()
    {
        // There is no thread of its own to end.
    }
}

public class CallingThreadDispatcherConfigurator : MessageDispatcherConfigurator
{
    public CallingThreadDispatcherConfigurator(Config config, IDispatcherPrerequisites prerequisites)
        : base(config, prerequisites)
    {
    }

    public override MessageDispatcher Dispatcher() => new CallingThreadDispatcher(this);
}
