using System.Buffers.Binary;
using System.Security.Cryptography;

namespace HarmonyDB.Cli.Playground;

/// <summary>SHA-256 over keys and values in key order. Each is preceded by its length, so that no two contents read the same.</summary>
internal sealed class ContentChecksum : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[]? _lastKey;

    /// <summary>Keys added so far.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a key and its value.</summary>
    /// <exception cref="ArgumentException">The key is not greater than the one before.</exception>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (_lastKey is not null && key.SequenceCompareTo(_lastKey) <= 0)
        {
            throw new ArgumentException("Keys must come in ascending order.", nameof(key));
        }

        _lastKey = key.ToArray();
        Append(key);
        Append(value);
        Count++;
    }

    /// <summary>The checksum of what was added, in hexadecimal digits; starts anew.</summary>
    public string Finish() => Convert.ToHexStringLower(_hash.GetHashAndReset());

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void Append(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
    }
}
