using System.Buffers;
using System.IO.Pipelines;
using System.Text;

namespace HarmonyDB.Cli.Import;

/// <summary>Splits a stream into lines, and lines into fields, on bytes: no character set is assumed. Fields are not quoted.</summary>
/// <remarks>Reads the stream once; not safe for concurrent use. At most one line is held in memory.</remarks>
internal sealed class DelimitedReader
{
    /// <summary>Longest line taken. Longer ones are bad lines; the default request limit of a node is 1.5 MiB.</summary>
    public const int MaxLineBytes = 1 << 20;

    /// <summary>As many bad lines are kept with their number and problem; the rest are only counted.</summary>
    public const int MaxBadLinesKept = 20;

    private readonly Stream _input;
    private readonly byte[] _delimiter;
    private readonly int _keyField;
    private readonly byte[] _prefix;
    private readonly List<BadLine> _firstBadLines = [];

    /// <summary>Creates a reader.</summary>
    /// <param name="input">The lines, separated by LF or CR LF.</param>
    /// <param name="delimiter">What separates fields; not empty.</param>
    /// <param name="keyField">The field that becomes the key, counted from 1.</param>
    /// <param name="prefix">What each key begins with; may be empty.</param>
    public DelimitedReader(Stream input, string delimiter, int keyField, string prefix)
    {
        ArgumentException.ThrowIfNullOrEmpty(delimiter);
        ArgumentOutOfRangeException.ThrowIfLessThan(keyField, 1);
        _input = input;
        _delimiter = Encoding.UTF8.GetBytes(delimiter);
        _keyField = keyField;
        _prefix = Encoding.UTF8.GetBytes(prefix);
    }

    /// <summary>Bytes of the stream read into complete lines so far.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Lines that could not become a key so far.</summary>
    public long BadLineCount { get; private set; }

    /// <summary>The first <see cref="MaxBadLinesKept"/> of them.</summary>
    public IReadOnlyList<BadLine> FirstBadLines => _firstBadLines;

    /// <summary>The records in the order of the file. Empty lines are skipped; bad lines are counted and skipped.</summary>
    public async IAsyncEnumerable<DelimitedRecord> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var pipe = PipeReader.Create(_input, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        long lineNumber = 0;
        var skippingLongLine = false;
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (TryTakeLine(ref rest, read.IsCompleted, out var line))
                {
                    lineNumber++;
                    if (skippingLongLine || line.Length > MaxLineBytes)
                    {
                        skippingLongLine = false;
                        AddBadLine(lineNumber, $"longer than {MaxLineBytes} bytes");
                    }
                    else if (ToRecord(lineNumber, line.ToArray()) is { } record)
                    {
                        yield return record;
                    }
                }

                if (rest.Length > MaxLineBytes)
                {
                    // Dropped piece by piece, so that a file without line breaks does not fill the memory.
                    skippingLongLine = true;
                    BytesRead += rest.Length;
                    rest = rest.Slice(rest.End);
                }

                pipe.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted)
                {
                    if (skippingLongLine)
                    {
                        AddBadLine(lineNumber + 1, $"longer than {MaxLineBytes} bytes");
                    }

                    yield break;
                }
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        if (rest.PositionOf((byte)'\n') is { } end)
        {
            line = rest.Slice(0, end);
            BytesRead += line.Length + 1;
            rest = rest.Slice(rest.GetPosition(1, end));
            return true;
        }

        line = rest;
        if (!isLast || rest.IsEmpty)
        {
            return false;
        }

        BytesRead += line.Length;
        rest = rest.Slice(rest.End);
        return true;
    }

    private DelimitedRecord? ToRecord(long lineNumber, byte[] line)
    {
        if (line is [.., (byte)'\r'])
        {
            line = line[..^1];
        }

        if (line.Length == 0)
        {
            return null;
        }

        ReadOnlySpan<byte> rest = line;
        for (var field = 1; field < _keyField; field++)
        {
            var end = rest.IndexOf(_delimiter);
            if (end < 0)
            {
                AddBadLine(lineNumber, field == 1 ? "has only 1 field" : $"has only {field} fields");
                return null;
            }

            rest = rest[(end + _delimiter.Length)..];
        }

        var keyEnd = rest.IndexOf(_delimiter);
        var key = keyEnd < 0 ? rest : rest[..keyEnd];
        if (key.IsEmpty)
        {
            AddBadLine(lineNumber, $"field {_keyField} is empty");
            return null;
        }

        return new DelimitedRecord(lineNumber, [.. _prefix, .. key], line);
    }

    private void AddBadLine(long lineNumber, string problem)
    {
        BadLineCount++;
        if (_firstBadLines.Count < MaxBadLinesKept)
        {
            _firstBadLines.Add(new BadLine(lineNumber, problem));
        }
    }
}
