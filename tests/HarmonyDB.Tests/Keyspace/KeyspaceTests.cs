using System.Text;
using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using Xunit;

namespace HarmonyDB.Tests.Keyspace;

public sealed class KeyspaceTests : IDisposable
{
    private static readonly byte[] ToTheLast = [0];

    private readonly KeyspaceFixture _keyspace = new();

    public void Dispose() => _keyspace.Dispose();

    [Fact]
    public void Keyspace_New_HasRevisionOneAndNothingApplied()
    {
        Assert.Equal(1, _keyspace.StateMachine.Revision);
        Assert.Equal(0UL, _keyspace.StateMachine.AppliedIndex);
        var all = _keyspace.Everything();
        Assert.Equal(new ResponseHeader(7, 8, 1, 9), all.Header);
        Assert.Empty(all.KeyValues);
        Assert.Equal(0, all.Count);
        Assert.False(all.More);
    }

    [Fact]
    public void Put_Repeated_CountsRevisionAndVersionAndKeepsCreateRevision()
    {
        Assert.Equal(2, _keyspace.Put("a", "1").Revision);
        Assert.Equal(3, _keyspace.Put("b", "1").Revision);
        Assert.Equal(4, _keyspace.Put("a", "1", lease: 77).Revision);

        var a = Assert.Single(_keyspace.Range(new RangeRequest("a"u8.ToArray())).KeyValues);
        Assert.Equal((2L, 4L, 2L, 77L), (a.CreateRevision, a.ModRevision, a.Version, a.Lease));
        Assert.Equal(4, _keyspace.StateMachine.Revision);
    }

    [Fact]
    public void Put_PreviousAskedFor_GivesWhatWasThere()
    {
        Assert.Empty(_keyspace.Put("a", "1", previous: true).Previous);
        var previous = Assert.Single(_keyspace.Put("a", "2", previous: true).Previous);
        Assert.Equal("1", previous.Value.ToStringUtf8());
        Assert.Equal((2L, 2L, 1L), (previous.CreateRevision, previous.ModRevision, previous.Version));
        Assert.Empty(_keyspace.Put("a", "3").Previous);
    }

    [Fact]
    public void Delete_ThenPut_BeginsANewLife()
    {
        _keyspace.Put("a", "1");
        _keyspace.Put("a", "2");
        var deleted = _keyspace.Delete("a"u8.ToArray(), previous: true);
        Assert.Equal((1L, 4L), (deleted.Deleted, deleted.Revision));
        Assert.Equal("2", Assert.Single(deleted.Previous).Value.ToStringUtf8());

        _keyspace.Put("a", "3");
        var a = Assert.Single(_keyspace.Range(new RangeRequest("a"u8.ToArray())).KeyValues);
        Assert.Equal((5L, 5L, 1L), (a.CreateRevision, a.ModRevision, a.Version));
    }

    [Fact]
    public void Delete_Nothing_SpendsNoRevisionButIsApplied()
    {
        _keyspace.Put("b", "1");
        var single = _keyspace.Delete("a"u8.ToArray());
        var range = _keyspace.Delete("c"u8.ToArray(), ToTheLast);
        Assert.Equal((0L, 2L), (single.Deleted, single.Revision));
        Assert.Equal((0L, 2L), (range.Deleted, range.Revision));
        Assert.Equal(3UL, _keyspace.StateMachine.AppliedIndex);
    }

    [Fact]
    public void Delete_LargeRange_DeletesAllOfItInOneRevision()
    {
        var puts = new CommandBatch();
        for (var i = 0; i < 1000; i++)
        {
            puts.Commands.Add(new Command { Put = new PutCommand { Key = ByteString.CopyFromUtf8($"k{i:D4}"), Value = ByteString.CopyFromUtf8($"{i}") } });
        }

        _keyspace.Apply([puts]);
        var result = _keyspace.Delete("k0100"u8.ToArray(), "k0868"u8.ToArray(), previous: true);
        Assert.Equal((768L, 1002L), (result.Deleted, result.Revision));
        Assert.Equal(Enumerable.Range(100, 768).Select(i => $"k{i:D4}"), result.Previous.Select(p => p.Key.ToStringUtf8()));
        Assert.Equal(232, _keyspace.Everything().Count);
    }

    [Fact]
    public void B35_EmptyValue_IsNotAMissingKey()
    {
        _keyspace.Put("a", "");
        var there = _keyspace.Range(new RangeRequest("a"u8.ToArray()));
        var missing = _keyspace.Range(new RangeRequest("b"u8.ToArray()));
        Assert.Equal(1, there.Count);
        Assert.Equal(0, Assert.Single(there.KeyValues).Value.Length);
        Assert.Equal(0, missing.Count);
        Assert.Empty(missing.KeyValues);

        using var read = _keyspace.Store.BeginRead();
        Assert.True(KeyspaceReader.TryGet(read, "a"u8, out var record));
        Assert.Equal(2, record.ModRevision);
        Assert.True(record.Value.IsEmpty);
        Assert.False(KeyspaceReader.TryGet(read, "b"u8, out _));
    }

    [Fact]
    public void Range_Limit_CutsTheAnswerAndCountsTheRest()
    {
        foreach (var key in (string[])["a", "b", "c", "d"])
        {
            _keyspace.Put(key, "v" + key);
        }

        var cut = _keyspace.Range(new RangeRequest("a"u8.ToArray(), "d"u8.ToArray()) { Limit = 2 });
        Assert.Equal(["a", "b"], cut.KeyValues.Select(Text));
        Assert.Equal((3L, true), (cut.Count, cut.More));

        var exact = _keyspace.Range(new RangeRequest("a"u8.ToArray(), "d"u8.ToArray()) { Limit = 3 });
        Assert.Equal((3, 3L, false), (exact.KeyValues.Count, exact.Count, exact.More));

        var all = _keyspace.Range(new RangeRequest(ToTheLast, ToTheLast) { Limit = 1 });
        Assert.Equal((1, 4L, true), (all.KeyValues.Count, all.Count, all.More));
    }

    [Fact]
    public void Range_KeysOnlyAndCountOnly_LeaveOutWhatTheySay()
    {
        _keyspace.Put("a", "1");
        _keyspace.Put("b", "2");
        var keys = _keyspace.Range(new RangeRequest("a"u8.ToArray(), ToTheLast) { KeysOnly = true });
        Assert.All(keys.KeyValues, k => Assert.Equal(0, k.Value.Length));
        Assert.Equal([2L, 3L], keys.KeyValues.Select(k => k.ModRevision));

        var count = _keyspace.Range(new RangeRequest("a"u8.ToArray(), ToTheLast) { CountOnly = true, Limit = 1 });
        Assert.Empty(count.KeyValues);
        Assert.Equal((2L, false), (count.Count, count.More));
        Assert.Empty(_keyspace.Range(new RangeRequest("a"u8.ToArray()) { CountOnly = true }).KeyValues);
    }

    [Fact]
    public void Range_EndNotAfterKey_IsEmpty()
    {
        _keyspace.Put("b", "1");
        Assert.Equal(0, _keyspace.Range(new RangeRequest("b"u8.ToArray(), "b"u8.ToArray())).Count);
        Assert.Equal(0, _keyspace.Range(new RangeRequest("b"u8.ToArray(), "a"u8.ToArray())).Count);
        Assert.Equal(0, _keyspace.Delete("b"u8.ToArray(), "a"u8.ToArray()).Deleted);
    }

    [Theory]
    [InlineData("61", "62")]
    [InlineData("61ff", "62")]
    [InlineData("61ffff", "62")]
    [InlineData("00", "01")]
    [InlineData("ff", "00")]
    [InlineData("ffff", "00")]
    [InlineData("", "00")]
    public void PrefixEnd_AnyPrefix_IsTheFirstKeyAfterIt(string prefix, string expected) =>
        Assert.Equal(expected, Convert.ToHexStringLower(RangeBounds.PrefixEnd(Convert.FromHexString(prefix))));

    [Theory]
    [InlineData("61", "61,6100,61ff,61ffff")]
    [InlineData("61ff", "61ff,61ffff")]
    [InlineData("ff", "ff,ff00,ffff")]
    [InlineData("ffff", "ffff")]
    public void Range_PrefixWithHighBytes_HasExactlyItsKeys(string prefix, string expected)
    {
        foreach (var key in (string[])["00", "60ff", "61", "6100", "61ff", "61ffff", "62", "fe", "feff", "ff", "ff00", "ffff"])
        {
            _keyspace.Apply(new Command { Put = new PutCommand { Key = ByteString.CopyFrom(Convert.FromHexString(key)) } });
        }

        var bytes = Convert.FromHexString(prefix);
        var found = _keyspace.Range(new RangeRequest(bytes, RangeBounds.PrefixEnd(bytes)));
        Assert.Equal(expected.Split(','), found.KeyValues.Select(k => Convert.ToHexStringLower(k.Key.Span)));
    }

    private static string Text(KeyValue keyValue) => Encoding.UTF8.GetString(keyValue.Key.Span);
}
