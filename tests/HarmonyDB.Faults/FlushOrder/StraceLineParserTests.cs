using System.Text;
using Xunit;

namespace HarmonyDB.Faults.FlushOrder;

public sealed class StraceLineParserTests
{
    [Fact]
    public void Parse_Write_HasPathDataAndTimes()
    {
        var call = StraceLineParser.Parse("1795334828.415348 pwrite64(6</tmp/a b/1.log>, \"token-1 \\0\\1\\377\\\"\\n9\\0019\", 16, 0) = 16 <0.000026>")!;
        Assert.Equal((1795334828415348, 1795334828415374), (call.StartMicroseconds, call.EndMicroseconds));
        Assert.Equal(("pwrite64", "/tmp/a b/1.log", 16L), (call.Name, call.Descriptor, call.Result));
        Assert.Equal([.. "token-1 "u8, 0, 1, 0xff, (byte)'"', (byte)'\n', (byte)'9', 1, (byte)'9'], call.Data);
    }

    [Fact]
    public void Parse_GatheredSend_JoinsThePieces()
    {
        var call = StraceLineParser.Parse(
            "1795334828.416244 sendmsg(5<TCP:[127.0.0.1:54389->127.0.0.1:41692]>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base=\"ab\", iov_len=2}, "
            + "{iov_base=\") = c\", iov_len=5}], msg_iovlen=2, msg_controllen=0, msg_flags=0}, MSG_NOSIGNAL) = 7 <0.000071>")!;
        Assert.Equal("TCP:[127.0.0.1:54389->127.0.0.1:41692]", call.Descriptor);
        Assert.Equal("ab) = c", Encoding.ASCII.GetString(call.Data));
    }

    [Fact]
    public void Parse_ShortSend_KeepsOnlyWhatWasTaken() =>
        Assert.Equal("abc"u8, StraceLineParser.Parse("1.000000 sendto(5<TCP:[127.0.0.1:1->127.0.0.1:2]>, \"abcdef\", 6, 0, NULL, 0) = 3 <0.000010>")!.Data);

    [Fact]
    public void Parse_FailedFlush_HasItsResult()
    {
        var call = StraceLineParser.Parse("1.000000 fdatasync(6</l/1.log>) = -1 EIO (Input/output error) <0.000500>")!;
        Assert.Equal((-1L, "/l/1.log", 0), (call.Result, call.Descriptor, call.Data.Length));
    }

    [Theory]
    [InlineData("1.000000 +++ exited with 0 +++")]
    [InlineData("1.000000 --- SIGCHLD {si_signo=SIGCHLD} ---")]
    [InlineData("1.000000 fdatasync(6</l/1.log>) = ?")]
    [InlineData("1.000000 fdatasync(6</l/1.log> <unfinished ...>")]
    public void Parse_NoFinishedCall_IsNull(string line) => Assert.Null(StraceLineParser.Parse(line));

    [Theory]
    [InlineData("2.000000 fdatasync(6</l/1.log>", 1)]
    [InlineData("2.000000 pwrite64(6</l/1.log>, \"ab) = 5", 1)]
    [InlineData("2.000000 fdatasync(6</l/1.log>) = 0 <0.000", 1)]
    [InlineData("2.0000", 1)]
    [InlineData("2.000000 fdatasync(6</l/1.log>) = 0 <0.000500>", 2)]
    public void ParseFile_LastLineCutOff_IsLeftOut(string last, int expected)
    {
        Assert.Equal(expected, StraceLineParser.ParseFile(["1.000000 fdatasync(6</l/1.log>) = 0 <0.000500>", last]).Count());
        if (expected == 1)
        {
            Assert.Throws<FormatException>(() => StraceLineParser.ParseFile([last, "3.000000 +++ exited with 0 +++"]).Count());
        }
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("1.000000 pwrite64(6</l/1.log>, \"abc\"..., 4096, 0) = 4096 <0.000026>")]
    [InlineData("1.000000 fdatasync(6</l/1.log>")]
    public void Parse_UnreliableLine_Throws(string line) => Assert.Throws<FormatException>(() => StraceLineParser.Parse(line));
}
