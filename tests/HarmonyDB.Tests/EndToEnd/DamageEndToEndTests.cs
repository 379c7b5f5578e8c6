using HarmonyDB.Client;
using Xunit;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>A node of three whose files are damaged while it is down.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class DamageEndToEndTests(EmbeddedCluster cluster) : IClassFixture<EmbeddedCluster>
{
    private const int TestTimeoutMilliseconds = 90_000;
    private const int FirstRecordOffset = 4096 + 24;

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task W4_LogIsDamaged_NodeComesBackAsANewMemberWithAllThatWasWritten()
    {
        for (int i = 0; i < 50; i++)
        {
            await cluster["n1"].PutAsync($"k{i}", $"v{i}");
        }

        await cluster.StopAsync("n3");
        string segment = Directory.GetFiles(Path.Combine(cluster.DataFolder("n3"), "log"), "*.log").Order(StringComparer.Ordinal).First();
        byte[] bytes = await File.ReadAllBytesAsync(segment);
        bytes[FirstRecordOffset] ^= 0x10;
        await File.WriteAllBytesAsync(segment, bytes);

        EmbeddedNode back = await cluster.StartAsync("n3");
        await Poll.UntilAsync("n3 is a member again", async () => (await back.Database.StatusAsync()).Header.MemberId == 4);
        await cluster.LeaderAsync();
        await cluster.EqualContentAsync();
        Assert.Equal("v49", await back.GetAsync("k49"));

        string[] kept = Directory.GetFiles(Path.Combine(cluster.DataFolder("n3"), "quarantine"));
        Assert.Equal(bytes, await File.ReadAllBytesAsync(kept.Single(f => f.EndsWith(".log", StringComparison.Ordinal))));
        NodeStatus status = await back.Database.StatusAsync();
        Assert.Equal([1ul, 2ul, 4ul], status.Members.Select(m => m.Id).Order());
    }
}
