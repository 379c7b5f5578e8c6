using System.Globalization;
using Akka.Configuration;
using Akka.Event;

namespace Akka.Actor;

/// <summary>The settings of a system that its core reads.</summary>
public class Settings
{
    private Config _user;

    public Settings(ActorSystem system, Config config)
    {
        System = system;
        _user = config;
        Config = config.WithFallback(ConfigurationFactory.Default());
        ProviderClass = Config.GetString("akka.actor.provider", "local") switch
        {
            "local" => typeof(LocalActorRefProvider).AssemblyQualifiedName!,
            "remote" => "Akka.Remote.RemoteActorRefProvider, Akka.Remote",
            "cluster" => throw new ConfigurationException("akka.actor.provider = cluster is not supported here"),
            var type => type,
        };
        AskTimeout = Config.GetTimeSpan("akka.actor.ask-timeout", Timeout.InfiniteTimeSpan);
        LogLevel = Config.GetString("akka.loglevel", "INFO");
        StdoutLogLevel = Config.GetString("akka.stdout-loglevel", "WARNING");
        Loggers = Config.GetStringList("akka.loggers");
        LoggerStartTimeout = Config.GetTimeSpan("akka.logger-startup-timeout");
        LogDeadLetters = Config.GetString("akka.log-dead-letters", "off") switch
        {
            "on" or "true" => int.MaxValue,
            "off" or "false" => 0,
            var count => int.Parse(count, CultureInfo.InvariantCulture),
        };
        LogDeadLettersDuringShutdown = Config.GetBoolean("akka.log-dead-letters-during-shutdown");
        DebugUnhandledMessage = Config.GetBoolean("akka.actor.debug.unhandled");
        SchedulerClass = Config.GetString("akka.scheduler.implementation", "");
    }

    public ActorSystem System { get; }
    public Config Config { get; private set; }
    public string ProviderClass { get; }
    public TimeSpan AskTimeout { get; }
    public string LogLevel { get; }
    public string StdoutLogLevel { get; }
    public IList<string> Loggers { get; }
    public TimeSpan LoggerStartTimeout { get; }
    public int LogDeadLetters { get; }
    public bool LogDeadLettersDuringShutdown { get; }
    public bool DebugUnhandledMessage { get; }
    public string SchedulerClass { get; }
    internal StandardOutLogger StdoutLogger { get; } = new StandardOutLogger();

    /// <summary>Puts the reference configuration of a further assembly below what the user configured.</summary>
    public void InjectTopLevelFallback(Config config)
    {
        _user = _user.WithFallback(config);
        Config = _user.WithFallback(ConfigurationFactory.Default());
    }
}
