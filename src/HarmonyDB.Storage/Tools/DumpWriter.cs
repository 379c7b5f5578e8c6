using System.Globalization;
using System.Text;

namespace HarmonyDB.Storage.Tools;

/// <summary>Writes the pieces of a dump, with a checksum over all of them.</summary>
internal sealed class DumpWriter
{
    private readonly Stream _output;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _used;
    private uint _checksum;

    internal DumpWriter(Stream output)
    {
        _output = output;
    }

    internal void WriteText(FormattableString text) => WriteText(text.ToString(CultureInfo.InvariantCulture));

    internal void WriteText(string text)
    {
        foreach (char character in text)
        {
            Append((byte)character);
        }
    }

    /// <summary>Bytes that are visible characters of ASCII stand for themselves, but for the backslash; all others are escaped.</summary>
    internal void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        foreach (byte value in bytes)
        {
            if (value is > (byte)' ' and < 0x7F and not (byte)'\\')
            {
                Append(value);
            }
            else
            {
                Append((byte)'\\');
                Append(digits[value >> 4]);
                Append(digits[value & 15]);
            }
        }
    }

    /// <summary>Writes the last line, which says that nothing is missing.</summary>
    internal void WriteEnd(long trees, long records)
    {
        Flush();
        string end = string.Create(CultureInfo.InvariantCulture, $"end {trees} {records} {_checksum:x8}\n");
        _output.Write(Encoding.ASCII.GetBytes(end));
        _output.Flush();
    }

    private void Append(byte value)
    {
        if (_used == _buffer.Length)
        {
            Flush();
        }

        _buffer[_used++] = value;
    }

    private void Flush()
    {
        _checksum = Crc32C.Compute(_buffer.AsSpan(0, _used), _checksum);
        _output.Write(_buffer, 0, _used);
        _used = 0;
    }
}
