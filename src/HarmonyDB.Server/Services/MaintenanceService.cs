using HarmonyDB.Server.Etcd;
using Db = HarmonyDB.Client;

namespace HarmonyDB.Server.Services;

/// <summary>The service <c>etcdserverpb.Maintenance</c>.</summary>
internal sealed class MaintenanceService
{
    private readonly Db.IHarmonyDb _database;

    public MaintenanceService(Db.IHarmonyDb database)
    {
        _database = database;
    }

    public async Task<StatusResponse> StatusAsync(StatusRequest request, CancellationToken cancellationToken)
    {
        var status = await _database.StatusAsync(cancellationToken);
        var response = new StatusResponse
        {
            Header = status.Header.ToWire(),
            Version = ApiVersion.Etcd,
            DbSize = status.StoreBytes,
            DbSizeInUse = status.StoreBytesInUse,
            Leader = status.Leader,
            RaftIndex = status.RaftIndex,
            RaftTerm = status.Header.RaftTerm,
            RaftAppliedIndex = status.AppliedIndex,
            IsLearner = status.Members.Any(member => member.Id == status.Header.MemberId && member.IsLearner),
        };
        if (status.Leader == 0)
        {
            response.Errors.Add(EtcdErrors.NoLeader.Message);
        }

        return response;
    }

    public async Task<MoveLeaderResponse> MoveLeaderAsync(MoveLeaderRequest request, CancellationToken cancellationToken)
    {
        await _database.MoveLeaderAsync(request.TargetID, cancellationToken);
        var status = await _database.StatusAsync(cancellationToken);
        return new MoveLeaderResponse { Header = status.Header.ToWire() };
    }
}
