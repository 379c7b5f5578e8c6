using Google.Protobuf;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Etcd;
using HarmonyDB.Server.Grpc;
using Xunit;
using SortOrder = HarmonyDB.Server.Etcd.RangeRequest.Types.SortOrder;
using SortTarget = HarmonyDB.Server.Etcd.RangeRequest.Types.SortTarget;

namespace HarmonyDB.Server.Tests;

/// <summary>A field that this version cannot honour is refused by name, never ignored.</summary>
public sealed class UnsupportedFieldTests : ServerFixture
{
    private static readonly ByteString Key = ByteString.CopyFromUtf8("a");
    private static readonly ByteString End = ByteString.CopyFromUtf8("b");

    public static TheoryData<string, IMessage> Requests => new()
    {
        { "RangeRequest.revision", new RangeRequest { Key = Key, Revision = 5 } },
        { "RangeRequest.min_mod_revision", new RangeRequest { Key = Key, MinModRevision = 5 } },
        { "RangeRequest.max_mod_revision", new RangeRequest { Key = Key, MaxModRevision = 5 } },
        { "RangeRequest.min_create_revision", new RangeRequest { Key = Key, MinCreateRevision = 5 } },
        { "RangeRequest.max_create_revision", new RangeRequest { Key = Key, MaxCreateRevision = 5 } },
        { "RangeRequest.sort_order", new RangeRequest { Key = Key, RangeEnd = End, SortOrder = SortOrder.Descend } },
        { "RangeRequest.sort_target", new RangeRequest { Key = Key, RangeEnd = End, SortTarget = SortTarget.Mod } },
        { "PutRequest.lease", new PutRequest { Key = Key, Lease = 5 } },
        { "PutRequest.ignore_value", new PutRequest { Key = Key, IgnoreValue = true } },
        { "PutRequest.ignore_lease", new PutRequest { Key = Key, IgnoreLease = true } },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task UnsupportedField_IsRefusedByName(string field, IMessage request)
    {
        var failed = await Assert.ThrowsAsync<EtcdException>(() => request is RangeRequest range
            ? Client.RangeAsync(range)
            : Client.PutAsync((PutRequest)request));
        Assert.Equal(GrpcStatusCode.Unimplemented, failed.StatusCode);
        Assert.Equal($"{field} is not supported by this version of HarmonyDB", failed.Detail);
        Assert.Equal(0, Database.Requests);
    }

    [Fact]
    public async Task SortOption_NotOfTheApi_IsInvalid()
    {
        var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.RangeAsync(new RangeRequest { Key = Key, SortOrder = (SortOrder)9 }));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "etcdserver: invalid sort option"), (failed.StatusCode, failed.Detail));
    }

    [Fact]
    public async Task SortOption_OfASingleKey_ChangesNothing()
    {
        await Client.PutAsync(new PutRequest { Key = Key });
        var found = await Client.RangeAsync(new RangeRequest { Key = Key, SortOrder = SortOrder.Descend, SortTarget = SortTarget.Create });
        Assert.Single(found.Kvs);
    }
}
