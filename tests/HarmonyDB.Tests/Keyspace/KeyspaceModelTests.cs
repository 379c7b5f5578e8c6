using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using Xunit;

namespace HarmonyDB.Tests.Keyspace;

/// <summary>The state machine against the model, on seeded commands.</summary>
public sealed class KeyspaceModelTests
{
    [Theory]
    [InlineData(20260801)]
    public void Apply_TwentyThousandCommandsWithReopensAndReplay_AgreesWithTheModel(int seed)
    {
        var generator = new CommandGenerator(seed);
        var random = new Random(seed);
        var model = new KeyspaceModel();
        var log = new List<(CommandBatch Entry, List<CommandResult> Results)>();
        using var keyspace = new KeyspaceFixture(seed);
        for (var commands = 0; commands < 20_000;)
        {
            var entries = Enumerable.Range(0, random.Next(1, 8)).Select(_ => generator.Batch()).ToList();
            var expected = entries.Select(e => e.Commands.Select(model.Apply).ToList()).ToList();
            AssertSame(seed, expected.SelectMany(r => r).ToList(), keyspace.Apply(entries));
            log.AddRange(entries.Zip(expected));
            commands += entries.Sum(e => e.Commands.Count);

            var request = generator.Range();
            AssertSame(seed, model.Range(request), keyspace.Range(request));

            if (random.Next(100) == 0)
            {
                keyspace.Store.Checkpoint();
            }

            if (random.Next(100) == 0)
            {
                keyspace.Crash();
                Replay(seed, keyspace, log);
                AssertSame(seed, model, keyspace);
            }
        }

        keyspace.Reopen();
        Replay(seed, keyspace, log);
        AssertSame(seed, model, keyspace);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void R52_Apply_OtherBatchBoundaries_GiveTheSameStateAndAnswers(int seed)
    {
        var generator = new CommandGenerator(seed);
        var entries = Enumerable.Range(0, 600).Select(_ => generator.Batch()).ToList();
        using var oneByOne = new KeyspaceFixture();
        using var byTens = new KeyspaceFixture();
        using var atOnce = new KeyspaceFixture();

        var results = entries.SelectMany(e => oneByOne.Apply([e])).ToList();
        AssertSame(seed, results, entries.Chunk(10).SelectMany(byTens.Apply).ToList());
        AssertSame(seed, results, atOnce.Apply(entries));
        var state = Dump(oneByOne);
        Assert.Equal(state, Dump(byTens));
        Assert.Equal(state, Dump(atOnce));
        Assert.Equal(oneByOne.StateMachine.AppliedIndex, atOnce.StateMachine.AppliedIndex);
        Assert.Equal(oneByOne.StateMachine.StateHash, byTens.StateMachine.StateHash);
        Assert.Equal(oneByOne.StateMachine.StateHash, atOnce.StateMachine.StateHash);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void R51_CrashBetweenCommits_AppliedIndexAndDataAgree(int seed)
    {
        var generator = new CommandGenerator(seed);
        var random = new Random(seed);
        var entries = Enumerable.Range(0, 400).Select(_ => generator.Batch()).ToList();

        // The state after each entry, as it was the first time.
        var states = new List<(long Revision, List<string> Keys)> { (1, []) };
        var model = new KeyspaceModel();
        foreach (var entry in entries)
        {
            entry.Commands.ToList().ForEach(c => model.Apply(c));
            states.Add((model.Revision, Dump(model)));
        }

        using var keyspace = new KeyspaceFixture(seed);
        var crashes = 0;
        for (var steps = 0; steps < 5000 && keyspace.StateMachine.AppliedIndex < (ulong)entries.Count; steps++)
        {
            var applied = (int)keyspace.StateMachine.AppliedIndex;
            keyspace.Apply(entries.Skip(applied).Take(random.Next(1, 6)).ToList());
            var dice = random.Next(10);
            if (dice == 0)
            {
                keyspace.Store.Checkpoint();
            }
            else if (dice == 1)
            {
                keyspace.Crash();
                crashes++;
                var (revision, keys) = states[(int)keyspace.StateMachine.AppliedIndex];
                Assert.True(revision == keyspace.StateMachine.Revision, $"seed {seed}: revision {keyspace.StateMachine.Revision}, not {revision}");
                Assert.Equal(keys, Dump(keyspace));
            }
        }

        Assert.True(crashes > 5, $"seed {seed}: only {crashes} crashes");
        Assert.Equal((ulong)entries.Count, keyspace.StateMachine.AppliedIndex);
        Assert.Equal(states[^1].Keys, Dump(keyspace));
    }

    private static void Replay(int seed, KeyspaceFixture keyspace, List<(CommandBatch Entry, List<CommandResult> Results)> log)
    {
        // As a node does: from further back than need be, entries that are in the store already have no answers.
        var applied = (int)keyspace.StateMachine.AppliedIndex;
        using var batch = keyspace.StateMachine.BeginApply();
        for (var i = Math.Max(0, applied - 50); i < log.Count; i++)
        {
            var results = batch.Apply((ulong)i + 1, log[i].Entry.ToByteArray());
            AssertSame(seed, i < applied ? [] : log[i].Results, [.. results]);
        }

        batch.Commit();
    }

    private static void AssertSame(int seed, KeyspaceModel model, KeyspaceFixture keyspace)
    {
        Assert.True(model.Revision == keyspace.StateMachine.Revision, $"seed {seed}: revision {keyspace.StateMachine.Revision}, model {model.Revision}");
        Assert.Equal(Dump(model), Dump(keyspace));
        using var read = keyspace.Store.BeginRead();
        var computed = KeyspaceReader.ComputeHash(read);
        Assert.True(computed.Equals(keyspace.StateMachine.StateHash), $"seed {seed}: the state hash is not that of the content");
        Assert.Equal(computed, KeyspaceReader.Hash(read));
    }

    private static void AssertSame(int seed, List<CommandResult> expected, List<CommandResult> actual)
    {
        foreach (var (e, a) in expected.Zip(actual))
        {
            Assert.True(e.Equals(a), $"seed {seed}: expected {e}, got {a}");
        }

        Assert.Equal(expected.Count, actual.Count);
    }

    private static void AssertSame(int seed, (List<StoredKeyValue> KeyValues, bool More, long Count) expected, RangeResult actual)
    {
        Assert.True(expected.More == actual.More && expected.Count == actual.Count, $"seed {seed}: expected {expected}, got {actual}");
        Assert.Equal(expected.KeyValues.Select(Line), actual.KeyValues.Select(Line));
    }

    private static List<string> Dump(KeyspaceModel model) => model.Keys.Select(Line).ToList();

    private static List<string> Dump(KeyspaceFixture keyspace) => keyspace.Everything().KeyValues.Select(Line).ToList();

    private static string Line(StoredKeyValue k) => Line(k.Key.Span, k.Value.Span, k.CreateRevision, k.ModRevision, k.Version, k.Lease);

    private static string Line(KeyValue k) => Line(k.Key.Span, k.Value.Span, k.CreateRevision, k.ModRevision, k.Version, k.Lease);

    private static string Line(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long create, long mod, long version, long lease) =>
        $"{Convert.ToHexString(key)} {create} {mod} {version} {lease} {Convert.ToHexString(value)}";
}
