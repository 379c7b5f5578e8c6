using Akka.Configuration;

namespace Akka.TestKit;

/// <summary>The keys of <c>akka.test</c>.</summary>
public class TestKitSettings
{
    public TestKitSettings(Config config)
    {
        SingleExpectDefault = config.GetTimeSpan("akka.test.single-expect-default", allowInfinite: false);
        TestEventFilterLeeway = config.GetTimeSpan("akka.test.filter-leeway", allowInfinite: false);
        TestTimeFactor = config.GetDouble("akka.test.timefactor");
        if (TestTimeFactor <= 0)
        {
            throw new ConfigurationException("akka.test.timefactor must be positive");
        }
    }

    public TimeSpan SingleExpectDefault { get; }
    public TimeSpan TestEventFilterLeeway { get; }
    public double TestTimeFactor { get; }
}
