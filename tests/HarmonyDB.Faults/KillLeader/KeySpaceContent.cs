using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;

namespace HarmonyDB.Faults.KillLeader;

/// <summary>Every key that one node has, with a checksum over all that there is to know about them.</summary>
internal sealed class KeySpaceContent
{
    private const int PageKeys = 5_000;

    private KeySpaceContent(Dictionary<string, StoredKey> keys, string checksum)
    {
        Keys = keys;
        Checksum = checksum;
    }

    /// <summary>The keys.</summary>
    public IReadOnlyDictionary<string, StoredKey> Keys { get; }

    /// <summary>SHA-256 over keys, values, revisions and versions, in key order.</summary>
    public string Checksum { get; }

    /// <summary>Reads all keys through one node. Nothing may be written meanwhile.</summary>
    /// <param name="client">A client of that node alone.</param>
    /// <param name="isSerializable">Whether to read what the node itself has applied, instead of linearizably.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<KeySpaceContent> ReadAsync(EtcdClient client, bool isSerializable, CancellationToken cancellationToken)
    {
        var toTheLast = ByteString.CopyFrom(0);
        var keys = new Dictionary<string, StoredKey>();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var request = new RangeRequest { Key = toTheLast, RangeEnd = toTheLast, Limit = PageKeys, Serializable = isSerializable };
        RangeResponse page;
        do
        {
            page = await client.RangeAsync(request, cancellationToken);
            foreach (var found in page.Kvs)
            {
                keys.Add(found.Key.ToStringUtf8(), new StoredKey(found.Value.ToStringUtf8(), found.ModRevision, found.Version));
                Append(hash, found.Key);
                Append(hash, found.Value);
                Append(hash, found.CreateRevision);
                Append(hash, found.ModRevision);
                Append(hash, found.Version);
                request.Key = ByteString.CopyFrom([.. found.Key.Span, 0]);
            }
        }
        while (page.More);

        return new KeySpaceContent(keys, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static void Append(IncrementalHash hash, ByteString bytes)
    {
        Append(hash, bytes.Length);
        hash.AppendData(bytes.Span);
    }

    private static void Append(IncrementalHash hash, long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
