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

public sealed class DefaultDispatcherPrerequisites : IDispatcherPrerequisites
{
    internal DefaultDispatcherPrerequisites(EventStream eventStream, IScheduler scheduler, Settings settings)
    {
        EventStream = eventStream;
        Scheduler = scheduler;
        Settings = settings;
    }

    public EventStream EventStream { get; }
    public IScheduler Scheduler { get; }
    public Settings Settings { get; }
}

/// <summary>The dispatchers by the path of their section in the configuration.</summary>
public sealed class Dispatchers
{
    public const string DefaultDispatcherId = "akka.actor.default-dispatcher";
    private readonly ConcurrentDictionary<string, MessageDispatcherConfigurator> _configurators = new(StringComparer.Ordinal);
    private readonly Settings _settings;

    internal Dispatchers(Settings settings, IDispatcherPrerequisites prerequisites)
    {
        _settings = settings;
        Prerequisites = prerequisites;
    }

    public IDispatcherPrerequisites Prerequisites { get; }
    public MessageDispatcher DefaultGlobalDispatcher => Lookup(DefaultDispatcherId);
    public Config DefaultDispatcherConfig => _settings.Config.GetConfig(DefaultDispatcherId)!;
    public bool HasDispatcher(string id) => _configurators.ContainsKey(id) || _settings.Config.HasPath(id);
    public bool RegisterConfigurator(string id, MessageDispatcherConfigurator configurator) => _configurators.TryAdd(id, configurator);

    public MessageDispatcher Lookup(string dispatcherName) =>
        _configurators.GetOrAdd(dispatcherName.Length == 0 ? DefaultDispatcherId : dispatcherName, Configure).Dispatcher();

    internal void Shutdown()
    {
        foreach (var configurator in _configurators.Values.OfType<SharedDispatcherConfigurator>())
        {
            configurator.Shutdown();
        }
    }

    private MessageDispatcherConfigurator Configure(string id)
    {
        var section = _settings.Config.GetConfig(id) ?? throw new ConfigurationException($"Dispatcher [{id}] is not configured");
        var config = section.WithFallback(new Config(ConfigurationFactory.ParseString($"id = \"{id}\""), DefaultDispatcherConfig));
        return config.GetString("type", "") switch
        {
            "Dispatcher" or "TaskDispatcher" => new SharedDispatcherConfigurator(config, Prerequisites, threads: 0),
            "ForkJoinDispatcher" => new SharedDispatcherConfigurator(
                config, Prerequisites, config.GetInt("dedicated-thread-pool.thread-count", Environment.ProcessorCount)),
            "PinnedDispatcher" => new PinnedDispatcherConfigurator(config, Prerequisites),
            var type => TypeNames.Create<MessageDispatcherConfigurator>(TypeNames.Load(type, id + ".type"), config, Prerequisites),
        };
    }
}
