namespace Akka.TestKit;

/// <summary>How a test framework is told that an expectation does not hold. Each method throws when it does not.</summary>
public interface ITestKitAssertions
{
    void Fail(string format = "", params object[] args);
    void AssertTrue(bool condition, string format = "", params object[] args);
    void AssertEqual<T>(T expected, T actual, string format = "", params object[] args);
}
