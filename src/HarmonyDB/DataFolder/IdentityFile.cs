using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.DataFolder;

/// <summary>
/// The file <c>identity</c>: whose folder this is. Little-endian: magic (8), format version (4), name length (4), birth id (16),
/// cluster id (8), member id (8), name in UTF-8 (64, zero-padded), state (4), zeros (8), CRC-32C of all before (4). Replaced whole, by rename.
/// </summary>
internal static class IdentityFile
{
    internal const int LengthBytes = 128;
    internal const int NameBytesMaximum = 64;
    internal const uint FormatVersion = 1;
    private const string FileName = "identity";
    private const int StateOffset = 112;
    private const uint StateRemoved = 1;
    private const uint StateReplacing = 2;
    private const int ChecksumOffset = LengthBytes - 4;

    private static ReadOnlySpan<byte> Magic => "HDBIDENT"u8;

    /// <summary>Reads it; null when there is none.</summary>
    /// <exception cref="DataFolderException">It is damaged, or of another format.</exception>
    public static FolderIdentity? Read(Disk disk, string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!disk.FileExists(path))
        {
            return null;
        }

        using IDiskFile file = disk.Open(path, DiskFileMode.ReadOnly);
        Span<byte> bytes = stackalloc byte[LengthBytes];
        if (file.LengthBytes != LengthBytes || file.Read(0, bytes) != LengthBytes || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]) != Checksum(bytes[..ChecksumOffset]))
        {
            throw new DataFolderException($"'{path}' is damaged. Restore the whole data folder from a copy, or have this member replaced; never make the file up.");
        }

        uint format = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        if (format != FormatVersion)
        {
            throw new DataFolderException(
                $"'{path}' has format {format}; this version reads format {FormatVersion}. "
                + (format > FormatVersion
                    ? "A newer version wrote it: use that version, or a newer one that reads it."
                    : "An older version wrote it: use that version, and move the data with harmony store dump and load."));
        }

        // A folder that asks for the place of a damaged one is blank, and the ids in it are that one's.
        uint state = BinaryPrimitives.ReadUInt32LittleEndian(bytes[StateOffset..]);
        bool isReplacing = state == StateReplacing;
        var ids = (ClusterId: BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]), MemberId: BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]));
        int nameLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        return new FolderIdentity(
            Encoding.UTF8.GetString(bytes.Slice(48, Math.Clamp(nameLength, 0, NameBytesMaximum))),
            new Guid(bytes.Slice(16, 16), bigEndian: true),
            isReplacing ? 0 : ids.ClusterId,
            isReplacing ? 0 : ids.MemberId,
            state == StateRemoved)
        {
            Replaces = isReplacing ? ids : default,
        };
    }

    /// <summary>Writes it, durably and atomically: new file, flush, rename, directory flush (W9).</summary>
    public static void Write(Disk disk, string directory, FolderIdentity identity)
    {
        string path = Path.Combine(directory, FileName);
        string temporary = path + ".new";
        WriteTo(disk, temporary, identity);
        disk.Rename(temporary, path);
        disk.FlushDirectory(directory);
    }

    /// <summary>Writes and flushes a file of this kind; its name is not durable yet.</summary>
    public static void WriteTo(Disk disk, string path, FolderIdentity identity)
    {
        Span<byte> bytes = stackalloc byte[LengthBytes];
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[8..], FormatVersion);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Encoding.UTF8.GetByteCount(identity.Name));
        identity.BirthId.TryWriteBytes(bytes.Slice(16, 16), bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[32..], identity.Replaces != default ? identity.Replaces.ClusterId : identity.ClusterId);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[40..], identity.Replaces != default ? identity.Replaces.MemberId : identity.MemberId);
        Encoding.UTF8.GetBytes(identity.Name, bytes.Slice(48, NameBytesMaximum));
        uint state = identity.IsRemoved ? StateRemoved : identity.Replaces != default ? StateReplacing : 0;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[StateOffset..], state);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], Checksum(bytes[..ChecksumOffset]));

        using IDiskFile file = disk.Open(path, DiskFileMode.OpenOrCreate);
        file.SetLength(0);
        file.Write(0, bytes);
        file.Flush();
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}

/// <summary>What the identity file says.</summary>
/// <param name="Name">Name of the node that made the folder.</param>
/// <param name="BirthId">Random id of the folder.</param>
/// <param name="ClusterId">Its cluster, 0 while blank.</param>
/// <param name="MemberId">Its member id, 0 while blank.</param>
/// <param name="IsRemoved">Whether that member learned that it was removed from the cluster: the folder is no member's any more.</param>
internal sealed record FolderIdentity(string Name, Guid BirthId, ulong ClusterId, ulong MemberId, bool IsRemoved = false)
{
    /// <summary>The member whose files were damaged and set aside, and whose place this blank folder asks for; zeros if it is none's.</summary>
    public (ulong ClusterId, ulong MemberId) Replaces { get; init; }
}
