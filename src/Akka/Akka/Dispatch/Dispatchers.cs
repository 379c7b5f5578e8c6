using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Util;

namespace Akka.Dispatch;

public interface IDispatcherPrerequisites
{
    EventStream EventStream { get; }
    IScheduler Scheduler { get; }
    Settings Settings { get; }
}

internal sealed record DispatcherPrerequisites(EventStream EventStream, IScheduler Scheduler, Settings Settings) : IDispatcherPrerequisites;

/// <summary>The dispatchers by the path of their section in the configuration.</summary>
public sealed class Dispatchers
{
    public const string DefaultDispatcherId = "akka.actor.default-dispatcher";
    private readonly ConcurrentDictionary<string, MessageDispatcherConfigurator> _configurators = new(StringComparer.Ordinal);
    private readonly IDispatcherPrerequisites _prerequisites;

    internal Dispatchers(IDispatcherPrerequisites prerequisites) => _prerequisites = prerequisites;

    public MessageDispatcher DefaultGlobalDispatcher => Lookup(DefaultDispatcherId);
    public MessageDispatcher Lookup(string dispatcherName) => _configurators.GetOrAdd(dispatcherName, Configure).Dispatcher();

    internal void Shutdown()
    {
        foreach (var configurator in _configurators.Values.OfType<SharedDispatcherConfigurator>())
        {
            configurator.Shutdown();
        }
    }

    private MessageDispatcherConfigurator Configure(string id)
    {
        var settings = _prerequisites.Settings.Config;
        var section = settings.GetConfig(id) ?? throw new ConfigurationException($"Dispatcher [{id}] is not configured");
        var config = section.WithFallback(ConfigurationFactory.ParseString($"id = \"{id}\"")).WithFallback(settings.GetConfig(DefaultDispatcherId)!);
        return config.GetString("type", "") switch
        {
            "Dispatcher" or "TaskDispatcher" => new SharedDispatcherConfigurator(config, _prerequisites, threads: 0),
            "ForkJoinDispatcher" => new SharedDispatcherConfigurator(
                config, _prerequisites, config.GetInt("dedicated-thread-pool.thread-count", Environment.ProcessorCount)),
            "PinnedDispatcher" => new PinnedDispatcherConfigurator(config, _prerequisites),
            var type => TypeNames.Create<MessageDispatcherConfigurator>(TypeNames.Load(type, id + ".type"), config, _prerequisites),
        };
    }
}
