using Akka.Configuration;
using Xunit;

namespace Akka.Tests.Configuration;

public sealed class ConfigTests
{
    [Fact]
    public void Values_ByType_AreRead()
    {
        Config config = """
            a { b = 5, c = "text", d = on, e = 2.5, f = [1, 2, 3] }
            a.g = 12345678901
            "x.y" = quoted
            """;
        Assert.Equal(5, config.GetInt("a.b"));
        Assert.Equal("text", config.GetString("a.c"));
        Assert.True(config.GetBoolean("a.d"));
        Assert.Equal(2.5, config.GetDouble("a.e"));
        Assert.Equal(["1", "2", "3"], config.GetStringList("a.f"));
        Assert.Equal(12345678901, config.GetLong("a.g"));
        Assert.Equal("quoted", config.GetString("\"x.y\""));
        Assert.Equal(5, config.GetConfig("a")!.GetInt("b"));
    }

    [Fact]
    public void Values_Missing_AreTheDefault()
    {
        var config = Config.Empty;
        Assert.Equal(7, config.GetInt("no", 7));
        Assert.Null(config.GetString("no"));
        Assert.False(config.HasPath("no"));
        Assert.True(config.IsEmpty);
        Assert.Null(config.GetConfig("no"));
    }

    [Theory]
    [InlineData("50ms", 50)]
    [InlineData("2s", 2000)]
    [InlineData("1 minute", 60000)]
    [InlineData("0.5s", 500)]
    [InlineData("100", 100)]
    [InlineData("1d", 86400000)]
    public void GetTimeSpan_Units(string text, double milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), ConfigurationFactory.ParseString($"t = {text}").GetTimeSpan("t"));

    [Fact]
    public void GetTimeSpan_Infinite() =>
        Assert.Equal(Timeout.InfiniteTimeSpan, ConfigurationFactory.ParseString("t = infinite").GetTimeSpan("t"));

    [Theory]
    [InlineData("10", 10)]
    [InlineData("10b", 10)]
    [InlineData("1kB", 1000)]
    [InlineData("1KiB", 1024)]
    [InlineData("64MiB", 64L << 20)]
    [InlineData("2 MB", 2000000)]
    [InlineData("1G", 1L << 30)]
    public void GetByteSize_Units(string text, long size) => Assert.Equal(size, ConfigurationFactory.ParseString($"s = {text}").GetByteSize("s"));

    [Fact]
    public void WithFallback_MergesObjectsAndHidesValues()
    {
        var config = ConfigurationFactory.ParseString("a { b = 1 }, l = [1]").WithFallback(ConfigurationFactory.ParseString("a { b = 2, c = 3 }, l = [2, 3], d = 4"));
        Assert.Equal((1, 3, 4), (config.GetInt("a.b"), config.GetInt("a.c"), config.GetInt("d")));
        Assert.Equal(["1"], config.GetStringList("l"));
    }

    [Fact]
    public void Substitution_WithinTheText_IsResolved() =>
        Assert.Equal("x-y", ConfigurationFactory.ParseString("a = x, b = ${a}-y").GetString("b"));

    [Fact]
    public void Default_IsTheReferenceConfiguration() => Assert.True(ConfigurationFactory.Default().HasPath("akka.actor.default-dispatcher.throughput"));
}
