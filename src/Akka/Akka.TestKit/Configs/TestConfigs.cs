using Akka.Configuration;

namespace Akka.TestKit.Configs;

public static class TestConfigs
{
    /// <summary>What a test system runs with unless told otherwise: the event filters as its logger, and the keys of <c>akka.test</c>.</summary>
    public static Config DefaultConfig { get; } = ConfigurationFactory.FromResource("Akka.TestKit.Configs.TestKit.conf", typeof(TestConfigs).Assembly);

    /// <summary>Virtual time: the system's scheduler is a <see cref="TestScheduler"/>.</summary>
    public static Config TestSchedulerConfig { get; } = ConfigurationFactory.ParseString(
        "akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"");
}
