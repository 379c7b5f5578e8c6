using Google.Protobuf;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using Xunit;

namespace HarmonyDB.Tests.Keyspace;

public sealed class ApplyBatchTests : IDisposable
{
    private readonly KeyspaceFixture _keyspace = new();

    public void Dispose() => _keyspace.Dispose();

    [Fact]
    public void Apply_WithoutCommit_LeavesNothing()
    {
        using (var batch = _keyspace.StateMachine.BeginApply())
        {
            Assert.Equal(2, Assert.Single(batch.Apply(1, Entry("a"))).Revision);
            Assert.Equal(0, _keyspace.Everything().Count);
        }

        Assert.Equal((0UL, 1L), (_keyspace.StateMachine.AppliedIndex, _keyspace.StateMachine.Revision));
        Assert.Equal(0, _keyspace.Everything().Count);
        Assert.Equal(2, _keyspace.Put("a", "1").Revision);
    }

    [Fact]
    public void Apply_EntryAppliedBefore_IsPassedOver()
    {
        _keyspace.Put("a", "1");
        _keyspace.Put("a", "2");
        using (var batch = _keyspace.StateMachine.BeginApply())
        {
            Assert.Empty(batch.Apply(1, Entry("a")));
            Assert.Empty(batch.Apply(2, Entry("a")));
            Assert.Equal(4, Assert.Single(batch.Apply(3, Entry("a"))).Revision);
            Assert.Empty(batch.Apply(3, Entry("a")));
            batch.Commit();
        }

        Assert.Equal((3UL, 4L), (_keyspace.StateMachine.AppliedIndex, _keyspace.StateMachine.Revision));
    }

    [Fact]
    public void Skip_Entry_MovesOnlyTheAppliedIndex()
    {
        using (var batch = _keyspace.StateMachine.BeginApply())
        {
            batch.Skip(1);
            batch.Apply(2, Entry("a"));
            batch.Skip(3);
            batch.Skip(2);
            batch.Commit();
        }

        Assert.Equal((3UL, 2L), (_keyspace.StateMachine.AppliedIndex, _keyspace.StateMachine.Revision));
        _keyspace.Reopen();
        Assert.Equal((3UL, 2L), (_keyspace.StateMachine.AppliedIndex, _keyspace.StateMachine.Revision));
    }

    [Fact]
    public void Apply_Gap_ThrowsAndBreaksTheBatch()
    {
        using var batch = _keyspace.StateMachine.BeginApply();
        Assert.Throws<ArgumentOutOfRangeException>(() => batch.Apply(2, Entry("a")));
        Assert.Throws<InvalidOperationException>(batch.Commit);
        Assert.Throws<InvalidOperationException>(() => batch.Apply(1, Entry("a")));
    }

    [Fact]
    public void Commit_Twice_Throws()
    {
        using var batch = _keyspace.StateMachine.BeginApply();
        batch.Skip(1);
        batch.Commit();
        Assert.Throws<InvalidOperationException>(batch.Commit);
        Assert.Throws<InvalidOperationException>(() => batch.Skip(2));
    }

    public static TheoryData<string, byte[]> MalformedEntries() => new()
    {
        { "cut short", Entry("a")[..^1] },
        { "not protobuf", [0xff, 0xff, 0xff] },
        { "a field of a later version in the batch", [.. Entry("a"), 0x7a, 0x00] },
        { "a field of a later version in the command", [0x0a, 0x03, 0x7a, 0x01, 0x00] },
        { "no operation", new CommandBatch { Commands = { new Command() } }.ToByteArray() },
        { "put of an empty key", new CommandBatch { Commands = { new Command { Put = new PutCommand() } } }.ToByteArray() },
        { "delete of an empty key", new CommandBatch { Commands = { new Command { DeleteRange = new DeleteRangeCommand() } } }.ToByteArray() },
        {
            "put of a key that not every store can hold",
            Entry(new string('k', KeyspaceLayout.KeyBytesMax + 1))
        },
        {
            "a good command before a bad one",
            new CommandBatch { Commands = { new Command { Put = new PutCommand { Key = ByteString.CopyFromUtf8("a") } }, new Command() } }.ToByteArray()
        },
    };

    [Theory]
    [MemberData(nameof(MalformedEntries))]
    public void Apply_MalformedEntry_ThrowsAndNothingOfTheBatchIsKept(string what, byte[] payload)
    {
        _keyspace.Put("z", "1");
        using (var batch = _keyspace.StateMachine.BeginApply())
        {
            batch.Apply(2, Entry("good"));
            Assert.Throws<KeyspaceCorruptException>(() => batch.Apply(3, payload));
            Assert.Throws<InvalidOperationException>(batch.Commit);
        }

        Assert.True(_keyspace.StateMachine.AppliedIndex == 1, what);
        Assert.Equal("z", System.Text.Encoding.UTF8.GetString(Assert.Single(_keyspace.Everything().KeyValues).Key.Span));
    }

    [Fact]
    public void Apply_EmptyBatchOfCommands_MovesOnlyTheAppliedIndex()
    {
        Assert.Empty(_keyspace.Apply([new CommandBatch()]));
        Assert.Equal((1UL, 1L), (_keyspace.StateMachine.AppliedIndex, _keyspace.StateMachine.Revision));
    }

    [Fact]
    public void Put_LongestKey_IsStored()
    {
        var key = Enumerable.Repeat((byte)'k', KeyspaceLayout.KeyBytesMax).ToArray();
        _keyspace.Apply(new Command { Put = new PutCommand { Key = ByteString.CopyFrom(key) } });
        Assert.True(Assert.Single(_keyspace.Everything().KeyValues).Key.Span.SequenceEqual(key));
        Assert.Equal(0, _keyspace.Delete([.. key, 0]).Deleted);
        Assert.Equal(1, _keyspace.Delete(key).Deleted);
    }

    [Fact]
    public void ConfigurationRecord_Damaged_IsRefused()
    {
        var record = ConfigurationRecord.Write(7, [1, 2]);
        Assert.Equal("07000000000000000102", Convert.ToHexStringLower(record));
        Assert.Equal(7ul, ConfigurationRecord.Read(record).Index);
        Assert.Equal([1, 2], ConfigurationRecord.Read(record).Payload);
        Assert.Throws<KeyspaceCorruptException>(() => ConfigurationRecord.Read(record.AsSpan(0, 8)));
        record[0] = 0;
        Assert.Throws<KeyspaceCorruptException>(() => ConfigurationRecord.Read(record));
    }

    [Fact]
    public void StateRecord_DamagedOrForeign_IsRefused()
    {
        var record = new byte[StateRecord.Bytes];
        StateRecord.Write(record, 42, new StateHash(7));
        Assert.Equal(7ul, StateRecord.ReadHash(record).Value);
        Assert.Equal(42, StateRecord.ReadRevision(record));
        Assert.Equal("02000000000000002a000000000000000700000000000000", Convert.ToHexStringLower(record));
        Assert.Throws<KeyspaceCorruptException>(() => StateRecord.ReadRevision(record.AsSpan()[1..]));
        record[0] = 1;
        Assert.Throws<KeyspaceCorruptException>(() => StateRecord.ReadRevision(record));
        StateRecord.Write(record, 0, default);
        Assert.Throws<KeyspaceCorruptException>(() => StateRecord.ReadRevision(record));
    }

    [Theory]
    [InlineData(2, 2, 1, 0, "", "02000100")]
    [InlineData(300, 428, 3, 127, "ff", "ac028001037fff")]
    [InlineData(2, long.MaxValue, long.MaxValue, -1, "00", "02fdffffffffffffff7fffffffffffffffff7fffffffffffffffffff0100")]
    public void KeyRecord_Written_HasTheseBytesAndReadsBack(long create, long mod, long version, long lease, string value, string expected)
    {
        var record = new KeyRecord(create, mod, version, lease, Convert.FromHexString(value));
        var written = record.Write(new byte[record.StoredBytesMax]).ToArray();
        Assert.Equal(expected, Convert.ToHexStringLower(written));

        var read = KeyRecord.Read(written);
        Assert.Equal((create, mod, version, lease), (read.CreateRevision, read.ModRevision, read.Version, read.Lease));
        Assert.Equal(value, Convert.ToHexStringLower(read.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("020001")]
    [InlineData("0200ff")]
    [InlineData("01000100")]
    [InlineData("02000000")]
    [InlineData("02ffffffffffffffff7f0100")]
    public void KeyRecord_Damaged_Throws(string stored) =>
        Assert.Throws<KeyspaceCorruptException>(() => KeyRecord.Read(Convert.FromHexString(stored)));

    private static byte[] Entry(string key) => new CommandBatch
    {
        Commands = { new Command { Put = new PutCommand { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8("v") } } },
    }.ToByteArray();
}
