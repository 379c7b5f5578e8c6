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
        var response = new MemberListResponse { Header = WithoutRevision(status.Header) };
        foreach (var member in status.Members)
        {
            response.Members.Add(member.ToWire());
        }

        return response;
    }

    public async Task<MemberAddResponse> MemberAddAsync(MemberAddRequest request, CancellationToken cancellationToken)
    {
        var result = await _database.AddMemberAsync(new Db.AddMemberRequest(RaftAddress(request.PeerURLs)) { IsLearner = request.IsLearner }, cancellationToken);
        var response = new MemberAddResponse { Header = WithoutRevision(result.Header), Member = result.Members.Single(m => m.Id == result.MemberId).ToWire() };
        response.Members.AddRange(result.Members.Select(EtcdConversions.ToWire));
        return response;
    }

    public async Task<MemberRemoveResponse> MemberRemoveAsync(MemberRemoveRequest request, CancellationToken cancellationToken)
    {
        var result = await _database.RemoveMemberAsync(request.ID, cancellationToken);
        var response = new MemberRemoveResponse { Header = WithoutRevision(result.Header) };
        response.Members.AddRange(result.Members.Select(EtcdConversions.ToWire));
        return response;
    }

    public async Task<MemberUpdateResponse> MemberUpdateAsync(MemberUpdateRequest request, CancellationToken cancellationToken)
    {
        var result = await _database.UpdateMemberAsync(request.ID, RaftAddress(request.PeerURLs), cancellationToken);
        var response = new MemberUpdateResponse { Header = WithoutRevision(result.Header) };
        response.Members.AddRange(result.Members.Select(EtcdConversions.ToWire));
        return response;
    }

    public async Task<MemberPromoteResponse> MemberPromoteAsync(MemberPromoteRequest request, CancellationToken cancellationToken)
    {
        var result = await _database.PromoteMemberAsync(request.ID, cancellationToken);
        var response = new MemberPromoteResponse { Header = WithoutRevision(result.Header) };
        response.Members.AddRange(result.Members.Select(EtcdConversions.ToWire));
        return response;
    }

    // A member has one address here. Whatever the scheme, it is Akka.Remote that listens there.
    private static string RaftAddress(IReadOnlyList<string> peerUrls) => peerUrls.Count == 1 && Uri.TryCreate(peerUrls[0], UriKind.Absolute, out var url)
        ? url.Authority
        : throw new Db.MembershipException(Db.MembershipRefusal.BadAddress, "A member has exactly one peer URL, such as tcp://10.0.0.4:4053.");

    // The members are no state of the keyspace; etcd leaves the revision out, too.
    private static ResponseHeader WithoutRevision(Db.ResponseHeader header)
    {
        var wire = header.ToWire();
        wire.Revision = 0;
        return wire;
    }
}
