using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;
using Db = HarmonyDB.Client;

namespace HarmonyDB.Server.Services;

/// <summary>The service <c>etcdserverpb.KV</c>.</summary>
internal sealed class KvService
{
    private readonly Db.IHarmonyDb _database;

    public KvService(Db.IHarmonyDb database)
    {
        _database = database;
    }

    public async Task<RangeResponse> RangeAsync(RangeRequest request, CancellationToken cancellationToken)
    {
        ThrowIfNotSupported(request);
        var result = await _database.RangeAsync(
            new Db.RangeRequest(request.Key.Memory, request.RangeEnd.Memory)
            {
                // In etcd a limit below zero is none, too.
                Limit = Math.Max(0, request.Limit),
                Serializable = request.Serializable,
                KeysOnly = request.KeysOnly,
                CountOnly = request.CountOnly,
            },
            cancellationToken);
        var response = new RangeResponse { Header = result.Header.ToWire(), More = result.More, Count = result.Count };
        foreach (var keyValue in result.KeyValues)
        {
            response.Kvs.Add(keyValue.ToWire());
        }

        return response;
    }

    public async Task<PutResponse> PutAsync(PutRequest request, CancellationToken cancellationToken)
    {
        ThrowIfNotSupported(request);
        var result = await _database.PutAsync(
            new Db.PutRequest(request.Key.Memory, request.Value.Memory) { PreviousKeyValue = request.PrevKv }, cancellationToken);
        return new PutResponse { Header = result.Header.ToWire(), PrevKv = result.Previous?.ToWire() };
    }

    public async Task<DeleteRangeResponse> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken)
    {
        var result = await _database.DeleteRangeAsync(
            new Db.DeleteRangeRequest(request.Key.Memory, request.RangeEnd.Memory) { PreviousKeyValues = request.PrevKv }, cancellationToken);
        var response = new DeleteRangeResponse { Header = result.Header.ToWire(), Deleted = result.Deleted };
        foreach (var keyValue in result.Previous)
        {
            response.PrevKvs.Add(keyValue.ToWire());
        }

        return response;
    }

    private static void ThrowIfNotSupported(RangeRequest request)
    {
        if (!Enum.IsDefined(request.SortOrder) || !Enum.IsDefined(request.SortTarget))
        {
            throw new GrpcStatusException(GrpcStatusCode.InvalidArgument, "etcdserver: invalid sort option");
        }

        ThrowIf(request.Revision != 0, "revision");
        ThrowIf(request.MinModRevision != 0, "min_mod_revision");
        ThrowIf(request.MaxModRevision != 0, "max_mod_revision");
        ThrowIf(request.MinCreateRevision != 0, "min_create_revision");
        ThrowIf(request.MaxCreateRevision != 0, "max_create_revision");

        // A single key is sorted whatever the order; a range comes in ascending key order by itself.
        var isRange = !request.RangeEnd.IsEmpty;
        ThrowIf(isRange && request.SortOrder == RangeRequest.Types.SortOrder.Descend, "sort_order");
        ThrowIf(isRange && request.SortTarget != RangeRequest.Types.SortTarget.Key, "sort_target");

        static void ThrowIf(bool asked, string field)
        {
            if (asked)
            {
                throw EtcdErrors.NotSupported(nameof(RangeRequest), field);
            }
        }
    }

    private static void ThrowIfNotSupported(PutRequest request)
    {
        ThrowIf(request.Lease != 0, "lease");
        ThrowIf(request.IgnoreValue, "ignore_value");
        ThrowIf(request.IgnoreLease, "ignore_lease");

        static void ThrowIf(bool asked, string field)
        {
            if (asked)
            {
                throw EtcdErrors.NotSupported(nameof(PutRequest), field);
            }
        }
    }
}
