using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Util;

namespace Akka.Event;

/// <summary>The subscriptions behind the event stream, and the loggers among them.</summary>
public class LoggingBus : EventBus<object, Type, IActorRef>
{
    private static readonly Type[] LogTypes = [typeof(Debug), typeof(Info), typeof(Warning), typeof(Error)];
    private readonly object _lock = new();
    private readonly HashSet<IActorRef> _loggers = [];
    private List<(IActorRef Subscriber, Type Type)> _subscriptions = [];

    // What a concrete type goes to; thrown away with each change of the subscriptions.
    private ConcurrentDictionary<Type, IActorRef[]> _routes = new();
    public LogLevel LogLevel { get; private set; }

    public void SetLogLevel(LogLevel logLevel)
    {
        lock (_lock)
        {
            LogLevel = logLevel;
            foreach (var logger in _loggers)
            {
                for (var i = 0; i < LogTypes.Length; i++)
                {
                    _ = i >= (int)logLevel ? SubscribeCore(logger, LogTypes[i]) : UnsubscribeCore(logger, LogTypes[i]);
                }
            }
        }
    }

    internal override bool SubscribeCore(IActorRef subscriber, Type classifier)
    {
        lock (_lock)
        {
            return !_subscriptions.Contains((subscriber, classifier)) && Change([.. _subscriptions, (subscriber, classifier)]);
        }
    }

    internal override bool UnsubscribeCore(IActorRef subscriber, Type? classifier)
    {
        lock (_lock)
        {
            var rest = _subscriptions.FindAll(s => !s.Subscriber.Equals(subscriber) || (classifier is not null && s.Type != classifier));
            return rest.Count < _subscriptions.Count && Change(rest);
        }
    }

    internal override void PublishCore(object @event)
    {
        var routes = _routes;
        foreach (var subscriber in routes.GetOrAdd(@event.GetType(), Route))
        {
            // Subscribers need not unsubscribe before they stop; the first event that finds one dead does it for them.
            if (subscriber is IInternalActorRef { IsTerminated: true })
            {
                UnsubscribeCore(subscriber, null);
            }
            else
            {
                subscriber.Tell(@event, ActorRefs.NoSender);
            }
        }
    }

    /// <summary>Logs to the console until the real loggers run, and after they have stopped.</summary>
    internal void StartStdoutLogger(Settings settings) => AddLogger(settings.StdoutLogger, settings.StdoutLogLevel);

    internal void StartDefaultLoggers(ActorSystemImpl system)
    {
        var settings = system.Settings;
        var starting = settings.Loggers.Select((name, i) => StartLogger(system, name, i + 1)).ToArray();
        Task.WhenAll(starting).GetAwaiter().GetResult();

        if (starting.Length > 0)
        {
            RemoveLogger(settings.StdoutLogger);
        }

        SetLogLevel(Logging.LogLevelFor(settings.LogLevel));
    }

    internal void StopDefaultLoggers(Settings settings)
    {
        StartStdoutLogger(settings);
        foreach (var logger in _loggers.Where(l => l is not StandardOutLogger).ToArray())
        {
            RemoveLogger(logger);
        }
    }

    private async Task StartLogger(ActorSystemImpl system, string name, int number)
    {
        var type = TypeNames.Load(name, "akka.loggers");
        var logger = system.SystemActorOf(Props.Create(type), $"log{number}-{type.Name}");
        var answer = await logger.Ask(new InitializeLogger(this), system.Settings.LoggerStartTimeout).ConfigureAwait(false);
        if (answer is not LoggerInitialized)
        {
            throw new LoggerInitializationException($"Logger [{name}] answered {answer} where LoggerInitialized was expected");
        }

        AddLogger(logger, system.Settings.LogLevel);
    }

    private void AddLogger(IActorRef logger, string level)
    {
        lock (_lock)
        {
            _loggers.Add(logger);
        }

        SetLogLevel(Logging.LogLevelFor(level));
    }

    private void RemoveLogger(IActorRef logger)
    {
        lock (_lock)
        {
            _loggers.Remove(logger);
        }

        UnsubscribeCore(logger, null);
    }

    private bool Change(List<(IActorRef, Type)> subscriptions)
    {
        _subscriptions = subscriptions;
        _routes = new();
        return true;
    }

    private IActorRef[] Route(Type type)
    {
        lock (_lock)
        {
            return [.. _subscriptions.Where(s => s.Type.IsAssignableFrom(type)).Select(s => s.Subscriber).Distinct()];
        }
    }
}
