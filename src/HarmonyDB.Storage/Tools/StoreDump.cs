using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>How many trees and records a dump has.</summary>
/// <param name="TreeCount">Trees.</param>
/// <param name="RecordCount">Records in all of them.</param>
public readonly record struct DumpSummary(long TreeCount, long RecordCount);

/// <summary>
/// A store as text that any program can read, and back: for moving between format versions and page sizes, for comparing, for the
/// last resort. Described in docs/format.md.
/// </summary>
public static class StoreDump
{
    /// <summary>The version of the text format.</summary>
    public const int FormatVersion = 1;

    internal const long BatchBytes = 8 << 20;

    /// <summary>Records between two reports of progress.</summary>
    internal const int ProgressInterval = 4096;

    internal static ReadOnlySpan<byte> Magic => "harmony-dump"u8;

    /// <summary>Writes a snapshot as text.</summary>
    /// <param name="store">The store the snapshot is of.</param>
    /// <param name="transaction">The snapshot.</param>
    /// <param name="output">Where to. It is flushed and left open.</param>
    /// <param name="progress">Told from time to time how many records were written.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StoreDamagedException">A page is damaged; the text has no last line then, so it cannot be taken for whole.</exception>
    public static DumpSummary Write(
        Store store, ReadTransaction transaction, Stream output, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(transaction);
        ArgumentNullException.ThrowIfNull(output);
        var writer = new DumpWriter(output);
        writer.WriteText($"harmony-dump {FormatVersion}\npage-size {store.PageSizeBytes}\nmark {transaction.Mark}\n");
        long trees = 0;
        long records = 0;
        foreach (byte[] name in transaction.ListTrees())
        {
            transaction.TryOpenTree(name, out TreeReader tree);
            writer.WriteText("tree ");
            writer.WriteBytes(name);
            writer.WriteText($" {tree.Count}\n");
            trees++;
            using Cursor cursor = tree.OpenCursor();
            while (cursor.Next())
            {
                writer.WriteBytes(cursor.Key);
                writer.WriteText(" ");
                writer.WriteBytes(cursor.Value);
                writer.WriteText("\n");
                if (++records % ProgressInterval == 0)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Invoke(records);
                }
            }
        }

        writer.WriteEnd(trees, records);
        return new DumpSummary(trees, records);
    }

    /// <summary>Reads a dump into a store: keys that are there already are overwritten, others stay. Durable when this returns.</summary>
    /// <param name="store">The store.</param>
    /// <param name="input">The text.</param>
    /// <param name="progress">Told from time to time how many records were read.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">The text is not a dump, damaged, or cut short. Part of it is in the store then.</exception>
    public static DumpSummary Load(Store store, Stream input, Action<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(input);
        return new DumpLoader(store, new DumpReader(input), progress, cancellationToken).Run();
    }

    /// <summary>The page size that a dump's store had.</summary>
    /// <param name="input">The text, read from its beginning; the position is put back.</param>
    /// <exception cref="InvalidDataException">The text is not a dump.</exception>
    public static int ReadPageSize(Stream input)
    {
        ArgumentNullException.ThrowIfNull(input);
        long position = input.Position;
        int size = DumpLoader.ReadHeader(new DumpReader(input)).PageSizeBytes;
        input.Position = position;
        return size;
    }
}
