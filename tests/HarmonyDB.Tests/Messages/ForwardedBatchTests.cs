using Google.Protobuf;
using HarmonyDB.Actors;
using HarmonyDB.Configuration;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Tests.Keyspace;
using Xunit;

namespace HarmonyDB.Tests.Messages;

/// <summary>A batch that a peer forwards is in the log of every member once it is taken: one that could not be applied would stop them all, for good.</summary>
public sealed class ForwardedBatchTests
{
    private static readonly LimitSettings Limits = TestSettings.Read().Limits;

    [Fact]
    public void BatchProblem_BatchesOfEveryKind_HaveNone() => Assert.All(Samples(), payload => Assert.Null(CommandLimits.BatchProblem(payload, Limits)));

    [Fact]
    public void BatchProblem_FieldThatThisVersionDoesNotKnow_IsOne() =>
        Assert.Contains("understands", CommandLimits.BatchProblem([.. Samples()[0], 0xF8, 0x3F, 1], Limits), StringComparison.Ordinal);

    [Fact]
    public void BatchProblem_NoCommandsOrNoOperation_IsOne()
    {
        Assert.NotNull(CommandLimits.BatchProblem([], Limits));
        Assert.NotNull(CommandLimits.BatchProblem(new CommandBatch { Commands = { new Command() } }.ToByteArray(), Limits));
    }

    [Fact]
    public void BatchProblem_CommandOverALimit_IsOne()
    {
        byte[] payload = new CommandBatch { Commands = { Put("a", 1), Put(new string('k', Limits.KeyBytesMaximum + 1), 1) } }.ToByteArray();
        Assert.Contains("max-key-bytes", CommandLimits.BatchProblem(payload, Limits), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A11_BatchProblem_DamagedBatches_WhateverHasNoneCanBeApplied(int seed)
    {
        const int Inputs = 10_000;
        using var keyspace = new KeyspaceFixture();
        var mutator = new Mutator(seed, Samples());
        ulong index = 0;
        using ApplyBatch batch = keyspace.StateMachine.BeginApply();
        for (int i = 0; i < Inputs; i++)
        {
            byte[] payload = mutator.Next();
            try
            {
                if (CommandLimits.BatchProblem(payload, Limits) is null)
                {
                    batch.Apply(++index, payload);
                }
            }
            catch (Exception e)
            {
                Assert.Fail($"Seed {seed}, input {i}, {Convert.ToHexStringLower(payload)}: {e}");
            }
        }

        batch.Commit();
        Assert.InRange(index, Inputs / 100ul, Inputs - (Inputs / 10ul));
    }

    private static byte[][] Samples() =>
    [
        .. ((CommandBatch[])
        [
            new CommandBatch { Commands = { Put("a", 0) } },
            new CommandBatch { Commands = { Put("a", 10), Put("b", 200), Delete("a", "") } },
            new CommandBatch { Commands = { Delete("a", "\0"), Put("ab", 1) } },
            new CommandBatch { Commands = { Delete("b", "a"), Delete("a", "c") } },
        ]).Select(b => b.ToByteArray()),
    ];

    private static Command Put(string key, int valueBytes) => new()
    {
        Put = new PutCommand
        {
            Key = ByteString.CopyFromUtf8(key),
            Value = ByteString.CopyFrom(MessageSamples.Bytes(valueBytes)),
            Lease = 5,
            PreviousKeyValue = true,
        },
    };

    private static Command Delete(string key, string rangeEnd) => new()
    {
        DeleteRange = new DeleteRangeCommand { Key = ByteString.CopyFromUtf8(key), RangeEnd = ByteString.CopyFromUtf8(rangeEnd), PreviousKeyValues = true },
    };
}
