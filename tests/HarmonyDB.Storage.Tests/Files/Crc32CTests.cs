using System.Text;
using Xunit;

namespace HarmonyDB.Storage.Tests.Files;

public sealed class Crc32CTests
{
    [Fact]
    public void Compute_KnownInputs_GivesTheValuesOfRfc3720()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute(Encoding.ASCII.GetBytes("123456789")));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
    }

    [Fact]
    public void Compute_InTwoParts_EqualsTheWhole()
    {
        var bytes = Enumerable.Range(0, 100).Select(i => (byte)(i * 7)).ToArray();
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Compute(bytes.AsSpan(cut), Crc32C.Compute(bytes.AsSpan(0, cut))));
        }
    }

    [Theory]
    [InlineData(4079)]
    [InlineData(4080)]
    [InlineData(4092)]
    [InlineData(16380)]
    public void Compute_InLanes_EqualsByteByByte(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        uint expected = 7;
        foreach (byte value in bytes)
        {
            expected = Crc32C.Compute([value], expected);
        }

        Assert.Equal(expected, Crc32C.Compute(bytes, 7));
    }

    [Fact]
    public void Continue_WithANumber_EqualsItsLittleEndianBytes()
    {
        Assert.Equal(Crc32C.Compute([8, 7, 6, 5, 4, 3, 2, 1], 42), Crc32C.Continue(42, 0x0102030405060708));
    }
}
