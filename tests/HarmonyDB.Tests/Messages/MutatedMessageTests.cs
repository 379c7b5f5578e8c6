using Akka.Actor;
using Akka.TestKit.Xunit2;
using HarmonyDB.Messages;
using Xunit;

namespace HarmonyDB.Tests.Messages;

/// <summary>Whatever a peer sends costs that one message: a typed exception, and memory in proportion to what was sent.</summary>
public sealed class MutatedMessageTests : TestKit
{
    private const int InputsPerSeed = 10_000;
    private const long AllocatedBytesBase = 256 << 10;
    private const long AllocatedBytesPerByte = 512;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A11_FromBinary_DamagedMessages_AreRefusedWithATypedExceptionOrRead(int seed)
    {
        var serializer = new PeerSerializer((ExtendedActorSystem)Sys);
        string[] manifests = [.. MessageSamples.All.Select(serializer.Manifest)];
        var mutator = new Mutator(seed, [.. MessageSamples.All.Select(serializer.ToBinary)]);
        var random = new Random(seed);
        int read = 0;
        int refused = 0;
        for (int i = 0; i < InputsPerSeed; i++)
        {
            byte[] bytes = mutator.Next();
            string manifest = manifests[random.Next(10) == 0 ? random.Next(manifests.Length) : mutator.Origin];
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                object message = serializer.FromBinary(bytes, manifest);
                _ = serializer.ToBinary(message);
                read++;
            }
            catch (MalformedMessageException)
            {
                refused++;
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}, input {i}, {manifest} {Convert.ToHexStringLower(bytes)}: {e}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated <= AllocatedBytesBase + (AllocatedBytesPerByte * bytes.Length),
                $"Seed {seed}, input {i}, {manifest}: {allocated} bytes of memory for {bytes.Length} bytes {Convert.ToHexStringLower(bytes)}");
        }

        // Damage that nothing survives, or that is never noticed, would test nothing.
        Assert.True(read > InputsPerSeed / 20 && refused > InputsPerSeed / 20, $"Seed {seed}: {read} read, {refused} refused.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A11_Decode_DamagedConfigurations_AreRefusedWithWhatRaftDropsOrAreSound(int seed)
    {
        NodeIdentity[] members =
            [.. Enumerable.Range(1, 3).Select(i => new NodeIdentity($"n{i}", $"127.0.0.1:{i}", ["http://x"], new Guid(i, 0, 0, new byte[8]), 0, 0))];
        var mutator = new Mutator(seed, [ClusterConfiguration.Initial(1, members).ToPayload(), ClusterConfiguration.Initial(2, members[..1]).ToPayload()]);
        var codec = new ClusterConfigurationCodec();
        int sound = 0;
        for (int i = 0; i < InputsPerSeed; i++)
        {
            byte[] payload = mutator.Next();
            try
            {
                Assert.NotEmpty(codec.Decode(payload).Voters);
                sound++;
            }
            catch (FormatException)
            {
                // What IConfigurationCodec promises.
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}, input {i}, {Convert.ToHexStringLower(payload)}: {e}");
            }
        }

        Assert.InRange(sound, InputsPerSeed / 50, InputsPerSeed - (InputsPerSeed / 5));
    }
}
