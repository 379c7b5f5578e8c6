using System.Globalization;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The settings of a system that its core reads.</summary>
public class Settings
{
    private Config _user;

    public Settings(ActorSystem system, Config config, ActorSystemSetup setup)
    {
        System = system;
        Setup = setup;
        _user = config;
        Config = config.WithFallback(ConfigurationFactory.Default());
        ProviderClass = Config.GetString("akka.actor.provider", "local") switch
        {
            "local" => typeof(LocalActorRefProvider).AssemblyQualifiedName!,
            "remote" => "Akka.Remote.RemoteActorRefProvider, Akka.Remote",
            "cluster" => throw new ConfigurationException("akka.actor.provider = cluster is not supported here"),
            var type => type,
        };
        SupervisorStrategyClass = Config.GetString("akka.actor.guardian-supervisor-strategy", "");
        AskTimeout = Config.GetTimeSpan("akka.actor.ask-timeout", Timeout.InfiniteTimeSpan);
        LogLevel = Config.GetString("akka.loglevel", "INFO");
        StdoutLogLevel = Config.GetString("akka.stdout-loglevel", "WARNING");
        Loggers = Config.GetStringList("akka.loggers");
        LoggerStartTimeout = Config.GetTimeSpan("akka.logger-startup-timeout");
        LoggerAsyncStart = Config.GetBoolean("akka.logger-async-start");
        LogDeadLetters = Config.GetString("akka.log-dead-letters", "off") switch
        {
            "on" or "true" => int.MaxValue,
            "off" or "false" => 0,
            var count => int.Parse(count, CultureInfo.InvariantCulture),
        };
        LogDeadLettersDuringShutdown = Config.GetBoolean("akka.log-dead-letters-during-shutdown");
        SerializeAllMessages = Config.GetBoolean("akka.actor.serialize-messages");
        DebugUnhandledMessage = Config.GetBoolean("akka.actor.debug.unhandled");
        DebugLifecycle = Config.GetBoolean("akka.actor.debug.lifecycle");
        SchedulerClass = Config.GetString("akka.scheduler.implementation", "");
        CoordinatedShutdownTerminateActorSystem = Config.GetBoolean("akka.coordinated-shutdown.terminate-actor-system");
        CoordinatedShutdownRunByActorSystemTerminate = Config.GetBoolean("akka.coordinated-shutdown.run-by-actor-system-terminate");
    }

    public ActorSystem System { get; }
    public ActorSystemSetup Setup { get; }
    public Config Config { get; private set; }
    public string ProviderClass { get; }
    public string SupervisorStrategyClass { get; }
    public bool SerializeAllMessages { get; }
    public TimeSpan AskTimeout { get; }
    public string LogLevel { get; }
    public string StdoutLogLevel { get; }
    public IList<string> Loggers { get; }
    public TimeSpan LoggerStartTimeout { get; }
    public bool LoggerAsyncStart { get; }
    public int LogDeadLetters { get; }
    public bool LogDeadLettersDuringShutdown { get; }
    public bool DebugUnhandledMessage { get; }
    public bool DebugLifecycle { get; }
    public string SchedulerClass { get; }
    public bool CoordinatedShutdownTerminateActorSystem { get; }
    public bool CoordinatedShutdownRunByActorSystemTerminate { get; }
    internal MinimalLogger StdoutLogger { get; } = new StandardOutLogger();

    /// <summary>Puts the reference configuration of a further assembly below what the user configured.</summary>
    public void InjectTopLevelFallback(Config config)
    {
        _user = _user.WithFallback(config);
        Config = _user.WithFallback(ConfigurationFactory.Default());
    }
}
