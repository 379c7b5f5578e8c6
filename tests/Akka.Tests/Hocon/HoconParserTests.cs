using Akka.Configuration;
using Hocon;
using Xunit;

namespace Akka.Tests.Hocon;

public sealed class HoconParserTests
{
    [Theory]
    [InlineData("a = 1", "a", "1")]
    [InlineData("{ a : 1 }", "a", "1")]
    [InlineData("a { b { c = x } }", "a.b.c", "x")]
    [InlineData("a.b.c = x", "a.b.c", "x")]
    [InlineData("a = 1 # comment\nb = 2 // another", "b", "2")]
    [InlineData("a = some words here  ", "a", "some words here")]
    [InlineData("a = \"q \\\"x\\\" \\u0041\\n\"", "a", "q \"x\" A\n")]
    [InlineData("a = \"\"\"raw \"x\" \\n\"\"\"", "a", "raw \"x\" \\n")]
    [InlineData("a = 1, a = 2", "a", "2")]
    [InlineData("a { x = 1 }, a { y = 2 }", "a.x", "1")]
    [InlineData("a = x, b = ${a}y", "b", "xy")]
    [InlineData("a = 1, a = ${a}2, a = ${a}3", "a", "123")]
    [InlineData("base { x = 1 }, a = ${base} { y = 2 }", "a.x", "1")]
    [InlineData("base { x = 1 }, a = ${base}, a.x = 2", "a.x", "2")]
    [InlineData("a = old, a = ${?none}", "a", "old")]
    [InlineData("a { b = ${a.c}, c = 5 }", "a.b", "5")]
    [InlineData("\"a.b\" = 1", "\"a.b\"", "1")]
    [InlineData("a = 10 ms", "a", "10 ms")]
    [InlineData("a = \"http://x\" # c", "a", "http://x")]
    public void Parse_Value_IsFound(string text, string path, string expected) => Assert.Equal(expected, HoconParser.Parse(text).GetString(path, null));

    [Theory]
    [InlineData("a = [1, 2], a += 3", "1,2,3")]
    [InlineData("a += 1, a += 2", "1,2")]
    [InlineData("a = [1] [2, 3]", "1,2,3")]
    [InlineData("b = [1], a = ${b} [2]", "1,2")]
    [InlineData("a = [\n 1\n 2, # two\n 3,\n]", "1,2,3")]
    [InlineData("a = []", "")]
    public void Parse_List_HasItsItems(string text, string expected)
    {
        var config = ConfigurationFactory.ParseString(HoconParser.Parse(text).ToString());
        Assert.Equal(expected, string.Join(',', config.GetStringList("a")));
    }

    [Fact]
    public void Substitution_NotInTheText_ComesFromTheEnvironment()
    {
        var name = "HOCON_TEST_" + Guid.NewGuid().ToString("N");
        Environment.SetEnvironmentVariable(name, "from outside");
        Assert.Equal("from outside", HoconParser.Parse($"a = ${{?{name}}}").GetString("a", null));
        Assert.False(HoconParser.Parse("a = ${?NO_SUCH_VARIABLE_AT_ALL}").HasPath("a"));
        Assert.Throws<HoconParserException>(() => HoconParser.Parse("a = ${NO_SUCH_VARIABLE_AT_ALL}"));
    }

    [Fact]
    public void Include_File_IsMergedInPlace()
    {
        var root = HoconParser.Parse("include \"base\"\nc = 3\nnested { include file(\"inner\") }", Read);
        Assert.Equal("1", root.GetString("a", null));
        Assert.Equal("3", root.GetString("c", null));
        Assert.Equal("5", root.GetString("nested.y", null));

        static Task<string> Read(HoconCallbackType type, string name)
        {
            Assert.Equal(HoconCallbackType.File, type);
            return Task.FromResult(name == "base" ? "a = 1, c = 2" : "x = 5, y = ${x}");
        }
    }

    [Fact]
    public void Include_OfItself_IsRefused() =>
        Assert.Throws<HoconParserException>(() => HoconParser.Parse("include \"self\"", (_, _) => Task.FromResult("include \"self\"")));

    [Theory]
    [InlineData("a = 1\nb = {\n  c = [1, 2", 3)]
    [InlineData("a = 1\nb", 2)]
    [InlineData("a = \"open", 1)]
    [InlineData("a = {x = 1} [2]", 1)]
    [InlineData("a = 1\n\n}", 3)]
    [InlineData("a = ${b}, b = ${a}", 1)]
    [InlineData("a = ^", 1)]
    public void Parse_Malformed_SaysWhere(string text, int line)
    {
        var e = Assert.ThrowsAny<Exception>(() => HoconParser.Parse(text));
        var parser = Assert.IsType<HoconParserException>(e);
        Assert.Equal(line, parser.LineNumber);
        Assert.True(parser.LinePosition > 0);
    }

    [Fact]
    public void Parse_NestedTooDeep_IsRefused() => Assert.Throws<HoconParserException>(() => HoconParser.Parse("a = " + new string('[', 100_000)));

    [Theory]
    [InlineData("a { b = 1, c = [x, \"y z\", null] }, d = \"null\", e = null, f = \"tab\\t\\u0001\"")]
    [InlineData("\"a.b\" { \"\" = 1 }")]
    [InlineData("")]
    public void ToString_Parsed_IsEqual(string text)
    {
        var printed = HoconParser.Parse(text).ToString();
        Assert.Equal(printed, HoconParser.Parse(printed).ToString());
    }
}
