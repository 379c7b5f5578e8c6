namespace HarmonyDB.Keyspace;

/// <summary>
/// The latest version of a key as the store has it: four variable-length numbers, then the value to the end. The numbers are
/// create revision, changes of revision since (mod minus create), version and lease, seven bits a byte, lowest first.
/// </summary>
/// <remarks>Made over the store's memory without a copy: valid until the transaction it was read in ends.</remarks>
internal readonly ref struct KeyRecord
{
    /// <summary>The most bytes that the numbers before the value can take.</summary>
    public const int HeaderBytesMax = 4 * VarintBytesMax;

    private const int VarintBytesMax = 10;

    /// <summary>Makes a record to be written.</summary>
    public KeyRecord(long createRevision, long modRevision, long version, long lease, ReadOnlySpan<byte> value)
    {
        CreateRevision = createRevision;
        ModRevision = modRevision;
        Version = version;
        Lease = lease;
        Value = value;
    }

    /// <summary>Revision at which the key came into being.</summary>
    public long CreateRevision { get; }

    /// <summary>Revision of its last change.</summary>
    public long ModRevision { get; }

    /// <summary>Number of changes since it came into being.</summary>
    public long Version { get; }

    /// <summary>The lease it is attached to, 0 for none.</summary>
    public long Lease { get; }

    /// <summary>The value; may be empty, which is not the same as no key (FAULTS B35).</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>Reads a stored record.</summary>
    /// <exception cref="KeyspaceCorruptException">It is cut short, or its numbers cannot be.</exception>
    public static KeyRecord Read(ReadOnlySpan<byte> stored)
    {
        var rest = stored;
        var createRevision = (long)ReadVarint(ref rest);
        var sinceCreation = (long)ReadVarint(ref rest);
        var version = (long)ReadVarint(ref rest);
        var lease = (long)ReadVarint(ref rest);
        if (createRevision <= KeyspaceLayout.FirstRevision || sinceCreation < 0 || sinceCreation > long.MaxValue - createRevision || version < 1)
        {
            throw new KeyspaceCorruptException(
                $"A stored key has create revision {createRevision}, {sinceCreation} revisions since, version {version}: that cannot be.");
        }

        return new KeyRecord(createRevision, createRevision + sinceCreation, version, lease, rest);
    }

    /// <summary>Length of the stored form, at most.</summary>
    public int StoredBytesMax => checked(HeaderBytesMax + Value.Length);

    /// <summary>Writes the stored form.</summary>
    /// <param name="destination">At least <see cref="StoredBytesMax"/> long.</param>
    /// <returns>The part of it that was written.</returns>
    public ReadOnlySpan<byte> Write(Span<byte> destination)
    {
        var at = WriteVarint(destination, (ulong)CreateRevision);
        at += WriteVarint(destination[at..], (ulong)(ModRevision - CreateRevision));
        at += WriteVarint(destination[at..], (ulong)Version);
        at += WriteVarint(destination[at..], (ulong)Lease);
        Value.CopyTo(destination[at..]);
        return destination[..(at + Value.Length)];
    }

    private static ulong ReadVarint(ref ReadOnlySpan<byte> rest)
    {
        ulong number = 0;
        for (var i = 0; i < VarintBytesMax && i < rest.Length; i++)
        {
            var part = rest[i];
            number |= (ulong)(part & 0x7f) << (7 * i);
            if (part < 0x80)
            {
                rest = rest[(i + 1)..];
                return number;
            }
        }

        throw new KeyspaceCorruptException($"The numbers of a stored key are cut short: {rest.Length} bytes are left.");
    }

    private static int WriteVarint(Span<byte> destination, ulong number)
    {
        var at = 0;
        while (number >= 0x80)
        {
            destination[at++] = (byte)(number | 0x80);
            number >>= 7;
        }

        destination[at++] = (byte)number;
        return at;
    }
}
