namespace HarmonyDB.Storage.Tools;

/// <summary>Reads the pieces of a dump. Values can be longer than a line that fits into a string, so everything is read byte by byte.</summary>
internal sealed class DumpReader
{
    private const int NumberDigitsMaximum = 20;

    private readonly Stream _input;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _next;
    private int _end;
    private int _checked;
    private uint _checksum;

    internal DumpReader(Stream input)
    {
        _input = input;
    }

    /// <summary>The line that is being read, counted from 1.</summary>
    internal long Line { get; private set; } = 1;

    /// <summary>Checksum of everything that was read so far.</summary>
    internal uint Checksum
    {
        get
        {
            _checksum = Crc32C.Compute(_buffer.AsSpan(_checked, _next - _checked), _checksum);
            _checked = _next;
            return _checksum;
        }
    }

    internal InvalidDataException Fault(string problem) => new($"Line {Line} of the dump: {problem}.");

    /// <summary>Reads a word up to a space or line feed, which is not taken.</summary>
    /// <param name="word">Working memory; grows.</param>
    /// <param name="lengthMaximum">Most bytes it may have, before escapes are resolved to one each.</param>
    internal ReadOnlySpan<byte> ReadWord(ref byte[] word, int lengthMaximum)
    {
        int length = 0;
        for (int value = Peek(); value is not (' ' or '\n'); value = Peek())
        {
            if (value < 0)
            {
                throw Fault("it ends in the middle");
            }

            Take();
            byte decoded = value switch
            {
                '\\' => (byte)((Digit() << 4) | Digit()),
                > ' ' and < 0x7F => (byte)value,
                _ => throw Fault($"byte {value:x2} must be escaped"),
            };
            if (length == lengthMaximum)
            {
                throw Fault($"a key, value or word has more than {lengthMaximum} bytes");
            }

            if (length == word.Length)
            {
                Array.Resize(ref word, (int)Math.Min(lengthMaximum, Math.Max(256L, 2L * length)));
            }

            word[length++] = decoded;
        }

        return word.AsSpan(0, length);
    }

    internal void Expect(char character)
    {
        if (Peek() != character)
        {
            throw Fault(character == '\n' ? "something follows where the line should end" : $"'{character}' is missing");
        }

        Take();
        Line += character == '\n' ? 1 : 0;
    }

    internal void Expect(ReadOnlySpan<byte> word)
    {
        byte[] read = [];
        if (!ReadWord(ref read, 64).SequenceEqual(word))
        {
            throw Fault($"'{System.Text.Encoding.ASCII.GetString(word)}' is missing");
        }
    }

    internal ulong ReadNumber()
    {
        byte[] word = [];
        ReadOnlySpan<byte> digits = ReadWord(ref word, NumberDigitsMaximum);
        return System.Buffers.Text.Utf8Parser.TryParse(digits, out ulong number, out int used) && used == digits.Length
            ? number
            : throw Fault("a number is missing");
    }

    internal bool IsAtEnd() => Peek() < 0;

    private int Digit()
    {
        int value = Peek();
        Take();
        return value switch
        {
            >= '0' and <= '9' => value - '0',
            >= 'a' and <= 'f' => value - 'a' + 10,
            _ => throw Fault("an escape needs two digits 0-9 or a-f"),
        };
    }

    private int Peek()
    {
        if (_next == _end)
        {
            _ = Checksum;
            _next = 0;
            _checked = 0;
            _end = _input.Read(_buffer);
        }

        return _next < _end ? _buffer[_next] : -1;
    }

    private void Take() => _next += _next < _end ? 1 : 0;
}
