namespace Akka.TestKit;

/// <summary>Marks a test whose <c>Tell</c> without a sender means no sender, rather than the test actor.</summary>
public interface INoImplicitSender;
