using HarmonyDB.Server.Etcd;
using Db = HarmonyDB.Client;

namespace HarmonyDB.Server.Services;

/// <summary>The service <c>etcdserverpb.Cluster</c>.</summary>
internal sealed class ClusterService
{
    // Any key does: only the wait for the leader's read index matters.
    private static readonly byte[] BarrierKey = [0];

    private readonly Db.IHarmonyDb _database;

    public ClusterService(Db.IHarmonyDb database)
    {
        _database = database;
    }

    public async Task<MemberListResponse> MemberListAsync(MemberListRequest request, CancellationToken cancellationToken)
    {
        if (request.Linearizable)
        {
            // After a linearizable read this node has applied every configuration that was committed when the request came.
            await _database.RangeAsync(new Db.RangeRequest(BarrierKey) { CountOnly = true }, cancellationToken);
        }

        var status = await _database.StatusAsync(cancellationToken);
        var response = new MemberListResponse { Header = status.Header.ToWire() };

        // The list is no state of the keyspace; etcd leaves the revision out, too.
        response.Header.Revision = 0;
        foreach (var member in status.Members)
        {
            response.Members.Add(member.ToWire());
        }

        return response;
    }
}
