using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Configuration;
using Akka.Util;

namespace Akka.Event;

/// <summary>The subscriptions behind the event stream, and the loggers among them.</summary>
public class LoggingBus : ActorEventBus<object, Type>
{
    private static readonly Type[] LogTypes = [typeof(Debug), typeof(Info), typeof(Warning), typeof(Error)];
    private readonly object _lock = new();
    private readonly List<IActorRef> _loggers = [];
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
                    _ = i >= (int)logLevel ? SubscribeCore(logger, LogTypes[i]) : UnsubscribeCore(logger, LogTypes[i], all: false);
                }
            }
        }
    }

    internal override bool SubscribeCore(IActorRef subscriber, Type classifier)
    {
        lock (_lock)
        {
            if (_subscriptions.Contains((subscriber, classifier)))
            {
                return false;
            }

            Change([.. _subscriptions, (subscriber, classifier)]);
            return true;
        }
    }

    internal override bool UnsubscribeCore(IActorRef subscriber, Type? classifier, bool all)
    {
        lock (_lock)
        {
            var rest = _subscriptions.Where(s => !(s.Subscriber.Equals(subscriber) && (all || s.Type == classifier))).ToList();
            var found = rest.Count < _subscriptions.Count;
            if (found)
            {
                Change(rest);
            }

            return found;
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
                UnsubscribeCore(subscriber, null, all: true);
            }
            else
            {
                subscriber.Tell(@event, ActorRefs.NoSender);
            }
        }
    }

    /// <summary>Logs to the console until the real loggers run, and after they have stopped.</summary>
    internal void StartStdoutLogger(Settings settings)
    {
        SetLogLevel(Logging.LogLevelFor(settings.StdoutLogLevel));
        AddLogger(settings.StdoutLogger);
    }

    internal void StartDefaultLoggers(ActorSystemImpl system)
    {
        var level = Logging.LogLevelFor(system.Settings.LogLevel);
        var starting = new List<Task>();
        foreach (var name in system.Settings.Loggers)
        {
            var type = TypeNames.Load(name, "akka.loggers");
            if (type == typeof(StandardOutLogger))
            {
                continue;
            }

            var logger = system.SystemActorOf(Props.Create(type), $"log{system.NextLoggerNumber()}-{type.Name}");
            starting.Add(Initialize(logger, name, system.Settings.LoggerStartTimeout));
        }

        if (!system.Settings.LoggerAsyncStart && !Task.WhenAll(starting).Wait(system.Settings.LoggerStartTimeout))
        {
            throw new ConfigurationException("The loggers did not start in time");
        }

        if (system.Settings.Loggers.Count > 0)
        {
            RemoveLogger(system.Settings.StdoutLogger);
        }

        SetLogLevel(level);
    }

    internal void StopDefaultLoggers(Settings settings)
    {
        AddLogger(settings.StdoutLogger);
        SetLogLevel(Logging.LogLevelFor(settings.StdoutLogLevel));
        foreach (var logger in _loggers.Where(l => l is not MinimalLogger).ToArray())
        {
            RemoveLogger(logger);
        }
    }

    private async Task Initialize(IActorRef logger, string name, TimeSpan timeout)
    {
        var answer = await logger.Ask(new InitializeLogger(this), timeout).ConfigureAwait(false);
        if (answer is not LoggerInitialized)
        {
            throw new LoggerInitializationException($"Logger [{name}] answered {answer} where LoggerInitialized was expected");
        }

        AddLogger(logger);
        SetLogLevel(LogLevel);
    }

    private void AddLogger(IActorRef logger)
    {
        lock (_lock)
        {
            if (!_loggers.Contains(logger))
            {
                _loggers.Add(logger);
            }
        }
    }

    private void RemoveLogger(IActorRef logger)
    {
        lock (_lock)
        {
            _loggers.Remove(logger);
        }

        UnsubscribeCore(logger, null, all: true);
    }

    private void Change(List<(IActorRef, Type)> subscriptions)
    {
        _subscriptions = subscriptions;
        _routes = new();
    }

    private IActorRef[] Route(Type type)
    {
        lock (_lock)
        {
            return [.. _subscriptions.Where(s => s.Type.IsAssignableFrom(type)).Select(s => s.Subscriber).Distinct()];
        }
    }
}
