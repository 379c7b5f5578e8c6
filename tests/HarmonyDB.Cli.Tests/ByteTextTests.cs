using System.Text;
using HarmonyDB.Cli.Commands;
using HarmonyDB.Cli.Output;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class ByteTextTests
{
    [Theory]
    [InlineData("hello", "hello")]
    [InlineData("", "")]
    [InlineData("Grüße ☃", "Grüße ☃")]
    [InlineData("say \"x\"", "say \"x\"")]
    [InlineData("a\nb", "\"a\\nb\"")]
    [InlineData("a\tb\\", "\"a\\tb\\\\\"")]
    [InlineData("\u001b[31m", "\"\\x1b[31m\"")]
    [InlineData("\u009b31m", "\"\\xc2\\x9b31m\"")]
    [InlineData("a\u202eb", "\"a\\xe2\\x80\\xaeb\"")]
    public void ForLine_Text_IsRawUnlessItCouldMislead(string text, string shown) => Assert.Equal(shown, ByteText.ForLine(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void ForLine_InvalidUtf8_IsQuoted() => Assert.Equal("\"a\\xc3\"", ByteText.ForLine([(byte)'a', 0xc3]));

    [Fact]
    public void ForWhole_LineBreaks_StandForThemselves()
    {
        Assert.Equal("a\r\n\tb", ByteText.ForWhole("a\r\n\tb"u8));
        Assert.Equal("\"a\\n\\x00\"", ByteText.ForWhole("a\n\0"u8));
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(5L << 20, "5.0 MiB")]
    [InlineData(3L << 30, "3.0 GiB")]
    public void Size_IsReadable(long bytes, string shown) => Assert.Equal(shown, ByteText.Size(bytes));

    [Fact]
    public void PrefixEnd_IsTheFirstKeyAfterThePrefix()
    {
        Assert.Equal("b"u8.ToArray(), PrefixRange.EndOf("a"u8));
        Assert.Equal("b"u8.ToArray(), PrefixRange.EndOf([(byte)'a', 0xff, 0xff]));
        Assert.Equal([0], PrefixRange.EndOf([0xff]));
        Assert.Equal([0], PrefixRange.EndOf([]));
    }
}
