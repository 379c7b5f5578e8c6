using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Xunit;

namespace Akka.Tests.Event;

public sealed class LoggingTests : SystemTest
{
    [Fact]
    public async Task Logger_Configured_GetsWhatIsAtOrAboveTheLevel()
    {
        using var system = ActorSystem.Create(
            "logging", $"akka {{ loglevel = INFO, stdout-loglevel = OFF, loggers = [\"{typeof(Collector).FullName}, {typeof(Collector).Assembly.GetName().Name}\"] }}");
        var probe = new Probe(system);
        Collector.Probes[system.Name] = probe.Ref;
        var log = Logging.GetLogger(system, "source");
        log.Debug("below the level");
        log.Info("{0} and {1}", 1, "two");
        log.Error(new InvalidOperationException("ouch"), "failed");
        var info = await probe.Until<Info>();
        Assert.Equal("1 and two", info.Message.ToString());
        Assert.StartsWith("source", info.LogSource, StringComparison.Ordinal);
        var error = await probe.Until<Error>();
        Assert.Equal("ouch", error.Cause!.Message);
        Assert.True(log.IsInfoEnabled);
        Assert.False(log.IsDebugEnabled);
        await system.Terminate();
    }

    [Fact]
    public async Task GetLogger_OfAContext_NamesTheActor()
    {
        var probe = NewProbe();
        Sys.EventStream.SetLogLevel(LogLevel.WarningLevel);
        Sys.EventStream.Subscribe(probe.Ref, typeof(LogEvent));
        var actor = Spawn((self, _) => self.Cell.GetLogger().Warning("look {0}", "here"), "logs");
        actor.Tell("go");
        var warning = await probe.Until<Warning>();
        Assert.Contains("/user/logs", warning.LogSource, StringComparison.Ordinal);
        Assert.Equal("look here", warning.Message.ToString());
        Assert.Equal(LogLevel.WarningLevel, warning.LogLevel());
    }

    [Fact]
    public void LogLevelFor_Unknown_Throws()
    {
        Assert.Equal(LogLevel.DebugLevel, Logging.LogLevelFor("debug"));
        Assert.ThrowsAny<Exception>(() => Logging.LogLevelFor("loud"));
    }

    [Fact]
    public void Create_UnknownLogger_Throws() =>
        Assert.Throws<ConfigurationException>(() => ActorSystem.Create("logging", "akka { stdout-loglevel = OFF, loggers = [\"No.Such, Logger\"] }"));

    public sealed class Collector : ReceiveActor
    {
        public static readonly System.Collections.Concurrent.ConcurrentDictionary<string, IActorRef> Probes = new();

        public Collector()
        {
            Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
            Receive<LogEvent>(e =>
            {
                if (Probes.TryGetValue(Context.System.Name, out var probe))
                {
                    probe.Tell(e);
                }
            });
        }
    }
}
