using HarmonyDB.Server.Grpc;
using Xunit;

namespace HarmonyDB.Server.Tests;

public sealed class GrpcTextTests
{
    [Theory]
    [InlineData("1H", 36_000_000_000)]
    [InlineData("2M", 1_200_000_000)]
    [InlineData("3S", 30_000_000)]
    [InlineData("4m", 40_000)]
    [InlineData("5u", 50)]
    [InlineData("600n", 6)]
    [InlineData("0S", 0)]
    [InlineData("99999999H", 30L * 24 * 36_000_000_000)]
    public void GrpcTimeout_Valid_IsParsed(string text, long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("5")]
    [InlineData("5s")]
    [InlineData("-5S")]
    [InlineData("+5S")]
    [InlineData(" 5S")]
    [InlineData("123456789S")]
    public void GrpcTimeout_Invalid_IsRefused(string? text) => Assert.False(GrpcTimeout.TryParse(text, out _));

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(50_000_000)]
    [InlineData(20_000_000_000)]
    [InlineData(864_000_000_000)]
    public void GrpcTimeout_Formatted_ParsesToAboutTheSame(long ticks)
    {
        Assert.True(GrpcTimeout.TryParse(GrpcTimeout.Format(TimeSpan.FromTicks(ticks)), out var timeout));
        Assert.InRange(timeout.Ticks, Math.Max(10, ticks - TimeSpan.TicksPerMillisecond), Math.Max(10, ticks));
    }

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("a\r\nb", "a%0D%0Ab")]
    [InlineData("é", "%C3%A9")]
    public void PercentEncoding_Text_ComesBack(string text, string encoded)
    {
        Assert.Equal(encoded, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(encoded));
    }

    [Theory]
    [InlineData("100%", "100%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz", "%zz")]
    [InlineData("%41", "A")]
    public void PercentEncoding_InvalidEscape_StandsForItself(string encoded, string text) => Assert.Equal(text, PercentEncoding.Decode(encoded));
}
