using Google.Protobuf;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Mvcc;
using Db = HarmonyDB.Client;

namespace HarmonyDB.Server.Services;

/// <summary>From the database's results to etcd's messages. Keys and values are handed over without a copy; neither side changes them.</summary>
internal static class EtcdConversions
{
    public static ResponseHeader ToWire(this Db.ResponseHeader header) => new()
    {
        ClusterId = header.ClusterId,
        MemberId = header.MemberId,
        Revision = header.Revision,
        RaftTerm = header.RaftTerm,
    };

    public static KeyValue ToWire(this Db.KeyValue keyValue) => new()
    {
        Key = UnsafeByteOperations.UnsafeWrap(keyValue.Key),
        Value = UnsafeByteOperations.UnsafeWrap(keyValue.Value),
        CreateRevision = keyValue.CreateRevision,
        ModRevision = keyValue.ModRevision,
        Version = keyValue.Version,
        Lease = keyValue.Lease,
    };

    public static Member ToWire(this Db.Member member)
    {
        var wire = new Member { ID = member.Id, Name = member.Name, IsLearner = member.IsLearner };
        wire.PeerURLs.Add($"tcp://{member.RaftAddress}");
        wire.ClientURLs.AddRange(member.ClientUrls);
        return wire;
    }
}
