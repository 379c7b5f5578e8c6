namespace Akka.Event;

public abstract class EventBus<TEvent, TClassifier, TSubscriber>
{
    public virtual bool Subscribe(TSubscriber subscriber, TClassifier classifier) => SubscribeCore(subscriber, classifier);
    public virtual bool Unsubscribe(TSubscriber subscriber) => UnsubscribeCore(subscriber, default);
    public virtual bool Unsubscribe(TSubscriber subscriber, TClassifier classifier) => UnsubscribeCore(subscriber, classifier);
    public virtual void Publish(TEvent @event) => PublishCore(@event);
    internal abstract bool SubscribeCore(TSubscriber subscriber, TClassifier classifier);

    /// <summary>Without a classifier: from all.</summary>
    internal abstract bool UnsubscribeCore(TSubscriber subscriber, TClassifier? classifier);
    internal abstract void PublishCore(TEvent @event);
}

/// <summary>Delivers what is published to the actors that subscribed to its type, a base type or an interface of it.</summary>
public class EventStream : LoggingBus
{
    public EventStream(bool debug) { }
}
