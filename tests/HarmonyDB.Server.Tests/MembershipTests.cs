using HarmonyDB.Client;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Grpc;
using Xunit;

namespace HarmonyDB.Server.Tests;

/// <summary>Changes of members over etcd's API, with the texts that etcd's clients compare with.</summary>
public sealed class MembershipTests : ServerFixture
{
    public static TheoryData<MembershipRefusal, GrpcStatusCode, string> Refusals => new()
    {
        { MembershipRefusal.NotFound, GrpcStatusCode.NotFound, "etcdserver: member not found" },
        { MembershipRefusal.AddressTaken, GrpcStatusCode.FailedPrecondition, "etcdserver: Peer URLs already exists" },
        { MembershipRefusal.BadAddress, GrpcStatusCode.InvalidArgument, "etcdserver: given member URLs are invalid" },
        { MembershipRefusal.NotLearner, GrpcStatusCode.FailedPrecondition, "etcdserver: can only promote a learner member" },
        { MembershipRefusal.NotCaughtUp, GrpcStatusCode.FailedPrecondition, "etcdserver: can only promote a learner member which is in sync with leader" },
        { MembershipRefusal.TooFewVoters, GrpcStatusCode.FailedPrecondition, "etcdserver: re-configuration failed due to not enough started members" },
        { MembershipRefusal.TooManyMembers, GrpcStatusCode.FailedPrecondition, "etcdserver: too many learner members in cluster" },
        { MembershipRefusal.Busy, GrpcStatusCode.ResourceExhausted, "etcdserver: too many requests" },
        { MembershipRefusal.NotLeader, GrpcStatusCode.FailedPrecondition, "etcdserver: not leader" },
        { MembershipRefusal.BadTransferTarget, GrpcStatusCode.FailedPrecondition, "etcdserver: bad leader transferee" },
        { MembershipRefusal.TransferTimedOut, GrpcStatusCode.Unavailable, "etcdserver: request timed out, leader transfer took too long" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Refusal_OfAChange_HasEtcdsStatusAndText(MembershipRefusal reason, GrpcStatusCode code, string text)
    {
        Database.Failure = new MembershipException(reason, "in our own words");
        var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.MemberRemoveAsync(new Etcd.MemberRemoveRequest { ID = 9 }));
        Assert.Equal((code, text), (failed.StatusCode, failed.Detail));
    }

    [Fact]
    public async Task MemberAdd_PeerUrlOfAnyScheme_IsTheRaftAddress()
    {
        var added = await Client.MemberAddAsync(new Etcd.MemberAddRequest { PeerURLs = { "http://10.0.0.4:4053" }, IsLearner = true });
        Assert.Equal((8ul, true, 0L, 2), (added.Member.ID, added.Member.IsLearner, added.Header.Revision, added.Members.Count));
        Assert.Contains("10.0.0.4:4053", Assert.Single(Database.Changes), StringComparison.Ordinal);
        Assert.Contains("IsLearner = True", Database.Changes[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task MemberAdd_NotExactlyOneUrl_IsInvalid()
    {
        foreach (string[] urls in new string[][] { [], ["http://a:1", "http://b:1"], ["no url"] })
        {
            var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.MemberAddAsync(new Etcd.MemberAddRequest { PeerURLs = { urls } }));
            Assert.Equal((GrpcStatusCode.InvalidArgument, "etcdserver: given member URLs are invalid"), (failed.StatusCode, failed.Detail));
        }

        Assert.Empty(Database.Changes);
    }

    [Fact]
    public async Task OtherChanges_ReachTheDatabase()
    {
        await Client.MemberPromoteAsync(new Etcd.MemberPromoteRequest { ID = 8 });
        await Client.MemberUpdateAsync(new Etcd.MemberUpdateRequest { ID = 8, PeerURLs = { "tcp://10.0.0.5:4053" } });
        var removed = await Client.MemberRemoveAsync(new Etcd.MemberRemoveRequest { ID = 8 });
        await Client.MoveLeaderAsync(Server.Url, new Etcd.MoveLeaderRequest { TargetID = 7 });
        Assert.Equal(["promote 8", "update 8 10.0.0.5:4053", "remove 8", "move 7"], Database.Changes);
        Assert.Equal(2, removed.Members.Count);
    }
}
