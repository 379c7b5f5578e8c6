using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Commands;
using HarmonyDB.Cli.Import;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Playground;

/// <summary>Sums up a key prefix as a node has it, and as a source file says it should be.</summary>
internal static class ContentReader
{
    private const int PageKeys = 2000;

    /// <summary>Reads all keys of a prefix, page by page, each page linearizable. Meaningful when nobody writes meanwhile.</summary>
    public static async Task<ContentSummary> ReadAsync(IStoreClient client, byte[] prefix, CancellationToken cancellationToken)
    {
        using var checksum = new ContentChecksum();
        var end = PrefixRange.EndOf(prefix);
        var from = prefix;
        while (true)
        {
            var page = await client.RangeAsync(new RangeRequest(from, end) { Limit = PageKeys }, cancellationToken);
            foreach (var pair in page.KeyValues)
            {
                checksum.Add(pair.Key.Span, pair.Value.Span);
            }

            if (!page.More)
            {
                return new ContentSummary(checksum.Count, checksum.Finish());
            }

            from = PrefixRange.After(page.KeyValues[^1].Key.Span);
        }
    }

    /// <summary>What a node should have after the records were imported: the last one of each key.</summary>
    public static async Task<ContentSummary> ExpectAsync(DelimitedReader source, CancellationToken cancellationToken)
    {
        var content = new SortedDictionary<byte[], byte[]>(Comparer<byte[]>.Create((left, right) => left.AsSpan().SequenceCompareTo(right)));
        await foreach (var record in source.ReadAsync(cancellationToken))
        {
            content[record.Key] = record.Value;
        }

        using var checksum = new ContentChecksum();
        foreach (var (key, value) in content)
        {
            checksum.Add(key, value);
        }

        return new ContentSummary(checksum.Count, checksum.Finish());
    }
}
