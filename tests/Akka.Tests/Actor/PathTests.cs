using Akka.Actor;
using Xunit;

namespace Akka.Tests.Actor;

public sealed class PathTests
{
    [Theory]
    [InlineData("akka://sys", "akka", "sys", null, null)]
    [InlineData("akka.tcp://sys@host:4053", "akka.tcp", "sys", "host", 4053)]
    [InlineData("akka.tcp://sys@[::1]:80", "akka.tcp", "sys", "[::1]", 80)]
    public void Address_Parse_GivesItsPartsAndItsText(string text, string protocol, string system, string? host, int? port)
    {
        var address = Address.Parse(text);
        Assert.Equal((protocol, system, host, port), (address.Protocol, address.System, address.Host, address.Port));
        Assert.Equal(text, address.ToString());
        Assert.Equal(new Address(protocol, system, host, port), address);
        Assert.Equal(host is null, address.HasLocalScope);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sys@host:1")]
    [InlineData("akka.tcp://sys@host:x")]
    [InlineData("akka.tcp://sys@host:99999")]
    [InlineData("akka.tcp://")]
    public void Address_TryParseOfWhatIsNone_False(string text) => Assert.False(Address.TryParse(text, out _));

    [Theory]
    [InlineData("akka://sys/user/a/b")]
    [InlineData("akka.tcp://sys@host:4053/user/a")]
    [InlineData("akka://sys/user/a#42")]
    public void ActorPath_Parse_RoundTrips(string text)
    {
        var path = ActorPath.Parse(text);
        Assert.Equal(text, path.ToSerializationFormat());
        Assert.Equal("user", path.Elements[0]);
        Assert.False(ActorPath.TryParse("nonsense", out _));
    }

    [Fact]
    public void ActorPath_Equality_LeavesTheUidOut()
    {
        var path = ActorPath.Parse("akka://sys/user/a#1");
        Assert.Equal(1, path.Uid);
        Assert.Equal(path, ActorPath.Parse("akka://sys/user/a#2"));
        Assert.NotEqual(path, ActorPath.Parse("akka://sys/user/b#1"));
        Assert.NotEqual(path, ActorPath.Parse("akka://other/user/a#1"));
        Assert.Equal(path, new RootActorPath(new Address("akka", "sys")) / "user" / "a");
        Assert.Equal("akka://sys/user", path.Parent.ToString());
        Assert.Equal("/user/a", path.ToStringWithoutAddress());
    }

    [Fact]
    public void ActorPath_WithAddress_TakesItOnlyWhereThereIsNone()
    {
        var address = new Address("akka.tcp", "sys", "host", 1);
        Assert.Equal("akka.tcp://sys@host:1/user/a#3", ActorPath.Parse("akka://sys/user/a#3").ToSerializationFormatWithAddress(address));
        Assert.Equal("akka.tcp://sys@other:2/user/a", ActorPath.Parse("akka.tcp://sys@other:2/user/a").ToSerializationFormatWithAddress(address));
    }

    [Theory]
    [InlineData("a-b_c.d", true)]
    [InlineData("a%20b", true)]
    [InlineData("$a", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("", false)]
    public void ActorPath_IsValidPathElement(string name, bool valid) => Assert.Equal(valid, ActorPath.IsValidPathElement(name));
}
