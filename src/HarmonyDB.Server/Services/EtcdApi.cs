using HarmonyDB.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;

namespace HarmonyDB.Server.Services;

/// <summary>Which methods of the etcd API a node serves, and by what. To serve one more is to add its line here.</summary>
internal static class EtcdApi
{
    public const string Range = "/etcdserverpb.KV/Range";
    public const string Put = "/etcdserverpb.KV/Put";
    public const string DeleteRange = "/etcdserverpb.KV/DeleteRange";
    public const string MemberList = "/etcdserverpb.Cluster/MemberList";
    public const string MemberAdd = "/etcdserverpb.Cluster/MemberAdd";
    public const string MemberRemove = "/etcdserverpb.Cluster/MemberRemove";
    public const string MemberUpdate = "/etcdserverpb.Cluster/MemberUpdate";
    public const string MemberPromote = "/etcdserverpb.Cluster/MemberPromote";
    public const string MoveLeader = "/etcdserverpb.Maintenance/MoveLeader";
    public const string Status = "/etcdserverpb.Maintenance/Status";

    public static GrpcMethodTable CreateMethods(IHarmonyDb database)
    {
        var kv = new KvService(database);
        var cluster = new ClusterService(database);
        var maintenance = new MaintenanceService(database);
        return new GrpcMethodTable(
            RpcReflection.Descriptor.Services,
            [
                new UnaryMethod<Etcd.RangeRequest, RangeResponse>(Range, Etcd.RangeRequest.Parser, kv.RangeAsync),
                new UnaryMethod<Etcd.PutRequest, PutResponse>(Put, Etcd.PutRequest.Parser, kv.PutAsync),
                new UnaryMethod<Etcd.DeleteRangeRequest, DeleteRangeResponse>(DeleteRange, Etcd.DeleteRangeRequest.Parser, kv.DeleteRangeAsync),
                new UnaryMethod<MemberListRequest, MemberListResponse>(MemberList, MemberListRequest.Parser, cluster.MemberListAsync),
                new UnaryMethod<MemberAddRequest, MemberAddResponse>(MemberAdd, MemberAddRequest.Parser, cluster.MemberAddAsync),
                new UnaryMethod<MemberRemoveRequest, MemberRemoveResponse>(MemberRemove, MemberRemoveRequest.Parser, cluster.MemberRemoveAsync),
                new UnaryMethod<MemberUpdateRequest, MemberUpdateResponse>(MemberUpdate, MemberUpdateRequest.Parser, cluster.MemberUpdateAsync),
                new UnaryMethod<MemberPromoteRequest, MemberPromoteResponse>(MemberPromote, MemberPromoteRequest.Parser, cluster.MemberPromoteAsync),
                new UnaryMethod<MoveLeaderRequest, MoveLeaderResponse>(MoveLeader, MoveLeaderRequest.Parser, maintenance.MoveLeaderAsync),
                new UnaryMethod<StatusRequest, StatusResponse>(Status, StatusRequest.Parser, maintenance.StatusAsync),
            ]);
    }
}
