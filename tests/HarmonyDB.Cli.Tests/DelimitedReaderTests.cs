using System.Text;
using HarmonyDB.Cli.Import;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class DelimitedReaderTests
{
    [Theory]
    [InlineData("k;v\n", ";", 1, "k=k;v")]
    [InlineData("k;v", ";", 1, "k=k;v")]
    [InlineData("k;v\r\nl;w\r\n", ";", 1, "k=k;v|l=l;w")]
    [InlineData("\n\nk\n\n", ";", 1, "k=k")]
    [InlineData("a;b;c\n", ";", 2, "b=a;b;c")]
    [InlineData("a;b;c\n", ";", 3, "c=a;b;c")]
    [InlineData("a::b::c\n", "::", 2, "b=a::b::c")]
    [InlineData("a\tb\n", "\t", 2, "b=a\tb")]
    [InlineData("a→b\n", "→", 2, "b=a→b")]
    [InlineData("", ";", 1, "")]
    public async Task Read_GoodLines_BecomeRecords(string text, string delimiter, int keyField, string expected)
    {
        var reader = ReaderOf(text, delimiter, keyField);

        Assert.Equal(expected, string.Join('|', (await ReadAsync(reader)).Select(record => $"{Text(record.Key)}={Text(record.Value)}")));
        Assert.Equal(0, reader.BadLineCount);
        Assert.Equal(Encoding.UTF8.GetByteCount(text), reader.BytesRead);
    }

    [Fact]
    public async Task Read_BadLines_AreCountedWithTheirNumberAndSkipped()
    {
        var reader = ReaderOf("a;1\nb\n\n;;\nc;3;x\n", ";", 2);
        var records = await ReadAsync(reader);

        Assert.Equal(["1", "3"], records.ConvertAll(record => Text(record.Key)));
        Assert.Equal([1L, 5L], records.ConvertAll(record => record.LineNumber));
        Assert.Equal(2, reader.BadLineCount);
        Assert.Equal([new BadLine(2, "has only 1 field"), new BadLine(4, "field 2 is empty")], reader.FirstBadLines);
    }

    [Fact]
    public async Task Read_ManyBadLines_KeepsOnlyTheFirst()
    {
        var reader = ReaderOf(string.Concat(Enumerable.Repeat(";\n", 1000)), ";", 1);

        Assert.Empty(await ReadAsync(reader));
        Assert.Equal(1000, reader.BadLineCount);
        Assert.Equal(DelimitedReader.MaxBadLinesKept, reader.FirstBadLines.Count);
    }

    [Theory]
    [InlineData("\nk;v\n")]
    [InlineData("")]
    public async Task Read_LineOverTheLimit_IsOneBadLine(string rest)
    {
        var reader = ReaderOf("a;1\n" + new string('x', (3 * DelimitedReader.MaxLineBytes) + 17) + rest, ";", 1);
        var records = await ReadAsync(reader);

        Assert.Equal(rest.Length == 0 ? ["a"] : ["a", "k"], records.ConvertAll(record => Text(record.Key)));
        Assert.Equal([2L], reader.FirstBadLines.Select(bad => bad.LineNumber));
    }

    [Fact]
    public async Task Read_LinesAcrossReads_AreWhole()
    {
        var text = string.Concat(Enumerable.Range(0, 5000).Select(i => $"key{i};{new string('v', i % 97)}\n"));
        var reader = new DelimitedReader(new TricklingStream(Encoding.UTF8.GetBytes(text), 7), ";", 1, "p/");
        var records = await ReadAsync(reader);

        Assert.Equal(5000, records.Count);
        Assert.Equal("p/key4999", Text(records[^1].Key));
        Assert.Equal($"key4999;{new string('v', 4999 % 97)}", Text(records[^1].Value));
    }

    private static DelimitedReader ReaderOf(string text, string delimiter, int keyField) =>
        new(new MemoryStream(Encoding.UTF8.GetBytes(text)), delimiter, keyField, "");

    private static async Task<List<DelimitedRecord>> ReadAsync(DelimitedReader reader)
    {
        var records = new List<DelimitedRecord>();
        await foreach (var record in reader.ReadAsync())
        {
            records.Add(record);
        }

        return records;
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>Gives a few bytes at a time, as a pipe may.</summary>
    private sealed class TricklingStream(byte[] content, int step) : MemoryStream(content)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
