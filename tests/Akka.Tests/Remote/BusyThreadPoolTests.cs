using Xunit;

namespace Akka.Tests.Remote;

/// <summary>Takes the thread pool for itself, so nothing else may run meanwhile.</summary>
[CollectionDefinition(nameof(BusyThreadPoolTests), DisableParallelization = true)]
[Collection(nameof(BusyThreadPoolTests))]
public sealed class BusyThreadPoolTests : Akka.TestKit.Xunit2.TestKit
{
    public BusyThreadPoolTests()
        : base(RemoteSystem.Config(), "local")
    {
    }

    [Fact]
    public void A6_BlockedThreadPool_DoesNotHoldUpTheNetwork()
    {
        var peer = RemoteSystem.Create("peer");

        // Never disposed: what is still queued looks at it after the test has ended.
        var release = new ManualResetEventSlim();
        try
        {
            // Test actors run on whatever thread tells them something: here, the network's.
            var probe = CreateTestProbe(peer, "probe");
            for (var i = 0; i < 500; i++)
            {
                ThreadPool.QueueUserWorkItem(_ => release.Wait());
            }

            Sys.ActorSelection(RemoteSystem.PathOf(peer, "/system/probe")).Tell("there", TestActor);
            probe.ExpectMsg("there");
            probe.Reply("and back");
            ExpectMsg("and back");
        }
        finally
        {
            release.Set();
            Shutdown(peer, TimeSpan.FromSeconds(10));
        }
    }
}
