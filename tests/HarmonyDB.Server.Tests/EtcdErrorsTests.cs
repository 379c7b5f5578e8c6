using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Server.Client;
using HarmonyDB.Server.Grpc;
using Xunit;

namespace HarmonyDB.Server.Tests;

/// <summary>The texts are what etcd's clients compare with, so they are spelled out here once more.</summary>
public sealed class EtcdErrorsTests : ServerFixture
{
    public static TheoryData<Exception, GrpcStatusCode, string, bool> Failures => new()
    {
        { Invalid(InvalidRequestReason.EmptyKey), GrpcStatusCode.InvalidArgument, "etcdserver: key is not provided", false },
        { Invalid(InvalidRequestReason.KeyTooLarge), GrpcStatusCode.InvalidArgument, "etcdserver: request is too large", false },
        { Invalid(InvalidRequestReason.RequestTooLarge), GrpcStatusCode.InvalidArgument, "etcdserver: request is too large", false },
        { Invalid(InvalidRequestReason.Malformed), GrpcStatusCode.InvalidArgument, "etcdserver: what is wrong", false },
        { new RequestTimeoutException("x"), GrpcStatusCode.Unavailable, "etcdserver: no leader", false },
        {
            new OutcomeUnknownException("x"), GrpcStatusCode.Unavailable,
            "etcdserver: request timed out, possibly due to previous leader failure", true
        },
        { new TooManyRequestsException("x"), GrpcStatusCode.ResourceExhausted, "etcdserver: too many requests", false },
        { new NodeStoppedException("x"), GrpcStatusCode.Unavailable, "etcdserver: server stopped", true },
        { new LaterException("what is wrong", false), GrpcStatusCode.Unavailable, "etcdserver: what is wrong", true },
        {
            new LaterException("x", true), GrpcStatusCode.Unavailable,
            "etcdserver: request timed out, possibly due to previous leader failure", true
        },
        {
            new InvalidOperationException("a secret"), GrpcStatusCode.Internal,
            "internal error (InvalidOperationException); the node's log has the details", true
        },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Failure_OfTheDatabase_HasItsStatusAndText(Exception failure, GrpcStatusCode code, string text, bool mayHaveHappened)
    {
        Database.Failure = failure;
        var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.PutAsync(new Etcd.PutRequest { Key = ByteString.CopyFromUtf8("a") }));
        Assert.Equal((code, text, mayHaveHappened), (failed.StatusCode, failed.Detail, failed.MayHaveHappened));
        Assert.Equal(Server.Url, failed.Endpoint);
    }

    [Fact]
    public async Task EmptyKey_IsNotProvided()
    {
        var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.RangeAsync(new Etcd.RangeRequest()));
        Assert.Equal((GrpcStatusCode.InvalidArgument, "etcdserver: key is not provided"), (failed.StatusCode, failed.Detail));
    }

    [Fact]
    public async Task Message_OutsideOfAscii_ArrivesWhole()
    {
        const string Text = "100 % größer\nals erlaubt 鍵";
        Database.Failure = new InvalidRequestException(InvalidRequestReason.Malformed, Text);
        var failed = await Assert.ThrowsAsync<EtcdException>(() => Client.RangeAsync(new Etcd.RangeRequest()));
        Assert.Equal("etcdserver: " + Text, failed.Detail);
    }

    private static InvalidRequestException Invalid(InvalidRequestReason reason) => new(reason, "what is wrong");

    private sealed class LaterException : HarmonyException
    {
        public LaterException(string message, bool mayHaveHappened)
            : base(message)
        {
            MayHaveHappened = mayHaveHappened;
        }

        public override bool MayHaveHappened { get; }
    }
}
