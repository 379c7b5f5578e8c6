using Google.Protobuf;
using HarmonyDB.Client;
using HarmonyDB.Messages;

namespace HarmonyDB.Tests.Keyspace;

/// <summary>What etcd's documentation says of put, delete and range, over a dictionary and as plainly as it can be said.</summary>
internal sealed class KeyspaceModel
{
    private readonly SortedDictionary<byte[], StoredKeyValue> _keys = new(Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)));

    public long Revision { get; private set; } = 1;

    public IEnumerable<StoredKeyValue> Keys => _keys.Values;

    public CommandResult Apply(Command command)
    {
        var result = new CommandResult();
        if (command.Put is { } put)
        {
            Revision++;
            var isThere = _keys.TryGetValue(put.Key.ToByteArray(), out var before);
            if (isThere && put.PreviousKeyValue)
            {
                result.Previous.Add(before);
            }

            _keys[put.Key.ToByteArray()] = new StoredKeyValue
            {
                Key = put.Key,
                Value = put.Value,
                CreateRevision = isThere ? before!.CreateRevision : Revision,
                ModRevision = Revision,
                Version = isThere ? before!.Version + 1 : 1,
                Lease = put.Lease,
            };
        }
        else
        {
            var delete = command.DeleteRange;
            var doomed = _keys.Values.Where(k => IsIn(k.Key, delete.Key, delete.RangeEnd)).ToList();
            Revision += doomed.Count > 0 ? 1 : 0;
            result.Deleted = doomed.Count;
            if (delete.PreviousKeyValues)
            {
                result.Previous.AddRange(doomed);
            }

            doomed.ForEach(k => _keys.Remove(k.Key.ToByteArray()));
        }

        result.Revision = Revision;
        return result;
    }

    public (List<StoredKeyValue> KeyValues, bool More, long Count) Range(RangeRequest request)
    {
        var key = ByteString.CopyFrom(request.Key.Span);
        var rangeEnd = ByteString.CopyFrom(request.RangeEnd.Span);
        var all = _keys.Values.Where(k => IsIn(k.Key, key, rangeEnd)).Select(k => k.Clone()).ToList();
        if (request.CountOnly)
        {
            return ([], false, all.Count);
        }

        var limited = request.Limit > 0 ? all.Take((int)request.Limit).ToList() : all;
        if (request.KeysOnly)
        {
            limited.ForEach(k => k.Value = ByteString.Empty);
        }

        return (limited, all.Count > limited.Count, all.Count);
    }

    private static bool IsIn(ByteString candidate, ByteString key, ByteString rangeEnd)
    {
        if (rangeEnd.IsEmpty)
        {
            return candidate == key;
        }

        var toTheLast = rangeEnd.Length == 1 && rangeEnd[0] == 0;
        return candidate.Span.SequenceCompareTo(key.Span) >= 0 && (toTheLast || candidate.Span.SequenceCompareTo(rangeEnd.Span) < 0);
    }
}
