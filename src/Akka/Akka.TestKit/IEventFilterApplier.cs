namespace Akka.TestKit;

/// <summary>
/// Log events to be expected from, or muted while running, a piece of code. The expected ones must come within
/// <c>akka.test.filter-leeway</c>, or the timeout given, after the code ends; each is kept out of the printed log.
/// </summary>
public interface IEventFilterApplier
{
    EventFilterFactory And { get; }
    void ExpectOne(Action action, CancellationToken cancellationToken = default);
    void ExpectOne(TimeSpan timeout, Action action, CancellationToken cancellationToken = default);
    Task ExpectOneAsync(Func<Task> actionAsync, CancellationToken cancellationToken = default);
    void Expect(int expectedCount, Action action, CancellationToken cancellationToken = default);
    void Expect(int expectedCount, TimeSpan timeout, Action action, CancellationToken cancellationToken = default);
    Task ExpectAsync(int expectedCount, Func<Task> actionAsync, CancellationToken cancellationToken = default);
    void Mute(Action action, CancellationToken cancellationToken = default);
}
