using System.Diagnostics;
using HarmonyDB.Client;
using HarmonyDB.Testing;
using Xunit;
using static HarmonyDB.Tests.EndToEnd.EmbeddedNode;

namespace HarmonyDB.Tests.EndToEnd;

/// <summary>A node on a file system of a few megabytes that fills up, and has space again.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class DiskFullEndToEndTests : IDisposable
{
    private const int TestTimeoutMilliseconds = 90_000;
    private const int ValueBytes = 100_000;
    private const int BallastBytes = 24 << 20;

    private readonly TemporaryFolder _folder = new();
    private bool _isMounted;

    public void Dispose()
    {
        if (_isMounted)
        {
            Run("umount", _folder.FullPath);
        }

        _folder.Dispose();
    }

    [Fact(Timeout = TestTimeoutMilliseconds)]
    public async Task W5_W22_Node_FileSystemFills_RefusesWritesReadsOnRestartsAndRecoversByItself()
    {
        // Only root can mount, and not everywhere.
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || !Run("mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", _folder.FullPath))
        {
            return;
        }

        _isMounted = true;
        string ballast = _folder.File("ballast");
        await File.WriteAllBytesAsync(ballast, new byte[BallastBytes]);
        string settings = $$"""
            harmony {
              name = n1
              data-dir = "{{_folder.File("data")}}"
              cluster.members = [{ name = n1, raft-address = "127.0.0.1:{{FreePorts.Take(1)[0]}}" }]
              log { segment-bytes = 4MiB, retain-bytes = 1MiB }
              store.checkpoint-interval = 1s
            }
            """;
        EmbeddedNode node = await EmbeddedNode.StartAsync(TestSettings.Parse(settings));
        string value = new('v', ValueBytes);
        int written = await FillAsync(node, value);
        Assert.InRange(written, 50, 600);
        await CheckAsync(node, written, value);
        Assert.True((await node.Database.StatusAsync()).IsDiskFull);

        NodeStopReason reason = await node.StopAsync();
        Assert.False(reason.Failed, reason.Reason);
        node = await EmbeddedNode.StartAsync(TestSettings.Parse(settings));
        await CheckAsync(node, written, value);

        File.Delete(ballast);
        await Poll.UntilAsync("it takes writes again", async () =>
        {
            try
            {
                await node.PutAsync("again", "written");
                return true;
            }
            catch (HarmonyException e) when (e is DiskSpaceException or RequestTimeoutException)
            {
                return false;
            }
        });
        Assert.Equal("written", await node.GetAsync("again"));
        await CheckAsync(node, written, value);
        Assert.False((await node.StopAsync()).Failed);
    }

    // Until one is refused for want of space. One whose outcome is not known is the last.
    private static async Task<int> FillAsync(EmbeddedNode node, string value)
    {
        int written = 0;
        await Poll.UntilAsync("the first write is taken", () => node.Database.StatusAsync().Result.Role == "Leader");
        while (true)
        {
            try
            {
                await node.PutAsync($"k{written:d4}", value);
                written++;
            }
            catch (DiskSpaceException)
            {
                return written;
            }
            catch (OutcomeUnknownException)
            {
                // It was taken just before the disk was found full, and waits for space.
            }
        }
    }

    private static async Task CheckAsync(EmbeddedNode node, int written, string value)
    {
        for (int i = 0; i < written; i++)
        {
            RangeResult found = await node.Database.RangeAsync(new RangeRequest(Bytes($"k{i:d4}")) { Serializable = true });
            Assert.Equal(value, Text(Assert.Single(found.KeyValues).Value));
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
