using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Messages;
using Xunit;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Three nodes with the smallest frames that they start with, and requests as large as their limits.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class FrameLimitTests : IAsyncLifetime
{
    private const int TestTimeoutMilliseconds = 90_000;
    private const int RequestBytes = 64 << 10;

    private readonly EmbeddedCluster _cluster = new($$"""
        akka.remote.dot-netty.tcp.maximum-frame-size = {{2 * RequestBytes}}b
        harmony {
          limits.max-request-bytes = {{RequestBytes}}b
          raft.max-append-bytes = {{RequestBytes}}b
        }
        """);

    public Task InitializeAsync() => _cluster.InitializeAsync();

    public Task DisposeAsync() => _cluster.DisposeAsync();

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task A1_Request_OneByteBelowAndAtTheLimit_IsWrittenThroughAnyNode_OneByteAboveIsRefused()
    {
        EmbeddedNode leader = await _cluster.LeaderAsync();
        foreach (EmbeddedNode node in _cluster.Nodes)
        {
            byte[] key = EmbeddedNode.Bytes(node.Name);
            int most = LargestValue(key);
            await node.Database.PutAsync(new PutRequest(key, new byte[most - 1]));
            await node.Database.PutAsync(new PutRequest(key, new byte[most]));
            InvalidRequestException refusal = await Assert.ThrowsAsync<InvalidRequestException>(
                () => node.Database.PutAsync(new PutRequest(key, new byte[most + 1])));
            Assert.Equal(InvalidRequestReason.RequestTooLarge, refusal.Reason);
        }

        // All at once: each batch still fits an entry, each append a frame.
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => Put(_cluster.Nodes[i % 3], $"k{i:D2}")));
        await _cluster.EqualContentAsync();
        Assert.Equal(33, (await leader.Database.StatusAsync()).Header.Revision - 1 - 3);
        static Task Put(EmbeddedNode node, string key) =>
            node.Database.PutAsync(new PutRequest(EmbeddedNode.Bytes(key), new byte[LargestValue(EmbeddedNode.Bytes(key))]));
    }

    private static int LargestValue(byte[] key)
    {
        int bytes = RequestBytes;
        while (Size(key, bytes) > RequestBytes)
        {
            bytes--;
        }

        return bytes;
    }

    private static int Size(byte[] key, int valueBytes) => new Command
    {
        Put = new PutCommand { Key = ByteString.CopyFrom(key), Value = ByteString.CopyFrom(new byte[valueBytes]) },
    }.CalculateSize();
}
