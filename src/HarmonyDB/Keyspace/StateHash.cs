using System.Buffers.Binary;

namespace HarmonyDB.Keyspace;

/// <summary>
/// A hash of the whole keyspace that costs each change only what it changes: the sum, modulo 2^64, of a hash of every key with its record.
/// It is of the content alone: neither the order of changes, nor batches, pages or restarts show in it. Replicas compare it at equal
/// applied indexes. It finds what went wrong by accident; it is no defence against someone who builds collisions.
/// </summary>
/// <remarks>Part of the replicated state: kept in the state record, so its definition is part of the keyspace's format.</remarks>
internal struct StateHash
{
    private const ulong KeySeed = 0x9E37_79B9_7F4A_7C15;
    private const ulong Multiplier = 0xD6E8_FEB8_6659_FD93;

    /// <summary>Takes up a hash that was stored; 0 is that of a keyspace without keys.</summary>
    public StateHash(ulong value)
    {
        Value = value;
    }

    /// <summary>The hash.</summary>
    public ulong Value { get; private set; }

    /// <summary>A key came to have this stored record.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored) => Value = unchecked(Value + HashOf(key, stored));

    /// <summary>A key no longer has this stored record.</summary>
    public void Remove(ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored) => Value = unchecked(Value - HashOf(key, stored));

    // The lengths go in, so that bytes cannot move between key and record without a trace.
    private static ulong HashOf(ReadOnlySpan<byte> key, ReadOnlySpan<byte> stored) =>
        Continue(Continue(KeySeed, key), stored);

    private static ulong Continue(ulong hash, ReadOnlySpan<byte> bytes)
    {
        hash = Mix(hash ^ (ulong)bytes.Length);
        while (bytes.Length >= sizeof(ulong))
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        ulong rest = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            rest |= (ulong)bytes[i] << (8 * i);
        }

        return Mix(hash ^ rest);
    }

    // Each step can be undone, so that no two inputs of equal length meet on the way and stay together.
    private static ulong Mix(ulong value)
    {
        value = unchecked((value ^ (value >> 32)) * Multiplier);
        value = unchecked((value ^ (value >> 29)) * Multiplier);
        return value ^ (value >> 32);
    }
}
