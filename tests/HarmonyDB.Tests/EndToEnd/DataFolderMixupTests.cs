using HarmonyDB.Client;
using HarmonyDB.DataFolder;
using HarmonyDB.Storage.Files;
using HarmonyDB.Testing;
using Xunit;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>Data folders that are not where they belong: the node stops and says why, its cluster goes on.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class DataFolderMixupTests(EmbeddedCluster cluster) : IClassFixture<EmbeddedCluster>
{
    private const int TestTimeoutMilliseconds = 60_000;
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Start_FolderThatARunningNodeHas_IsRefusedAndTheOtherGoesOn()
    {
        string text = $"harmony.cluster.members = [{{ name = n1, raft-address = \"127.0.0.1:{FreePorts.Take(1)[0]}\" }}]";
        await Assert.ThrowsAsync<FileLockedException>(
            () => EmbeddedNode.StartAsync(TestSettings.Parse($"{text}\nharmony.data-dir = \"{cluster.DataFolder("n1")}\"")));
        await cluster["n1"].PutAsync("still", "here");
        Assert.Equal("here", await cluster["n1"].GetAsync("still"));
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Start_FolderOfAnotherNode_IsRefused()
    {
        await Task.WhenAll(cluster.StopAsync("n2"), cluster.StopAsync("n3"));
        await Assert.ThrowsAsync<DataFolderException>(() => cluster.StartAsync("n2", cluster.DataFolder("n3")));
        await Task.WhenAll(cluster.StartAsync("n2"), cluster.StartAsync("n3"));
        await cluster.LeaderAsync();
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task Start_FolderOfAnotherCluster_StopsAndNamesBothClusters()
    {
        using var other = new TemporaryFolder();
        ulong otherId = await BearAsync("n3", other.File("data"));
        ulong clusterId = (await cluster["n1"].Database.StatusAsync()).Header.ClusterId;
        await cluster.StopAsync("n3");

        EmbeddedNode misled = await cluster.StartAsync("n3", other.File("data"));
        NodeStopReason reason = await misled.Database.Completion.WaitAsync(StopLimit);
        Assert.True(reason.Failed);
        Assert.Contains($"{otherId:x16}", reason.Reason, StringComparison.Ordinal);
        Assert.Contains($"{clusterId:x16}", reason.Reason, StringComparison.Ordinal);
        NodeStoppedException stopped = await Assert.ThrowsAsync<NodeStoppedException>(() => misled.PutAsync("a", "b"));
        Assert.Contains(reason.Reason, stopped.Message, StringComparison.Ordinal);

        await ComeBackAsync("n3");
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task R9_Start_FolderThatLostItsData_StopsAndSaysSoUntilTheLostOneIsBack()
    {
        await cluster.StopAsync("n2");
        string kept = cluster.DataFolder("n2") + ".kept";
        Directory.Move(cluster.DataFolder("n2"), kept);

        EmbeddedNode blank = await cluster.StartAsync("n2");
        NodeStopReason reason = await blank.Database.Completion.WaitAsync(StopLimit);
        Assert.True(reason.Failed);
        Assert.Contains("its data folder is new to cluster", reason.Reason, StringComparison.Ordinal);

        Directory.Delete(cluster.DataFolder("n2"), recursive: true);
        Directory.Move(kept, cluster.DataFolder("n2"));
        await ComeBackAsync("n2");
    }

    /// <summary>Makes the folder of a node that is a cluster of its own; returns that cluster's id.</summary>
    private static async Task<ulong> BearAsync(string name, string dataFolder)
    {
        EmbeddedNode alone = await EmbeddedNode.StartAsync(TestSettings.Parse($$"""
            harmony {
              name = {{name}}
              data-dir = "{{dataFolder}}"
              cluster.members = [{ name = {{name}}, raft-address = "127.0.0.1:{{FreePorts.Take(1)[0]}}" }]
            }
            """));
        await alone.PutAsync("mine", "alone");
        ulong clusterId = (await alone.Database.StatusAsync()).Header.ClusterId;
        await alone.StopAsync();
        return clusterId;
    }

    private async Task ComeBackAsync(string name)
    {
        await cluster.StopAsync(name);
        EmbeddedNode back = await cluster.StartAsync(name);
        await cluster.LeaderAsync();
        await back.PutAsync("back", name);
        Assert.All(await Task.WhenAll(cluster.Nodes.Select(n => n.GetAsync("back"))), value => Assert.Equal(name, value));
    }
}
