using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Storage.Tools;

/// <summary>Puts the records of a dump into a store, in transactions of bounded size.</summary>
internal sealed class DumpLoader
{
    private readonly Store _store;
    private readonly DumpReader _reader;
    private readonly Action<long>? _progress;
    private readonly CancellationToken _cancellation;
    private byte[] _key = [];
    private byte[] _value = [];
    private long _records;

    internal DumpLoader(Store store, DumpReader reader, Action<long>? progress, CancellationToken cancellation)
    {
        _store = store;
        _reader = reader;
        _progress = progress;
        _cancellation = cancellation;
    }

    internal static (int PageSizeBytes, ulong Mark) ReadHeader(DumpReader reader)
    {
        reader.Expect(StoreDump.Magic);
        reader.Expect(' ');
        ulong version = reader.ReadNumber();
        if (version != StoreDump.FormatVersion)
        {
            throw reader.Fault($"the dump has version {version}; this program reads version {StoreDump.FormatVersion}");
        }

        reader.Expect('\n');
        reader.Expect("page-size"u8);
        reader.Expect(' ');
        ulong pageSize = reader.ReadNumber();
        if (pageSize is < StoreLimits.PageBytesMinimum or > StoreLimits.PageBytesMaximum || !ulong.IsPow2(pageSize))
        {
            throw reader.Fault($"{pageSize} is not a page size");
        }

        reader.Expect('\n');
        reader.Expect("mark"u8);
        reader.Expect(' ');
        ulong mark = reader.ReadNumber();
        reader.Expect('\n');
        return ((int)pageSize, mark);
    }

    internal DumpSummary Run()
    {
        (_, ulong mark) = ReadHeader(_reader);
        long trees = 0;
        while (true)
        {
            uint checksum = _reader.Checksum;
            byte[] word = [];
            ReadOnlySpan<byte> kind = _reader.ReadWord(ref word, 64);
            _reader.Expect(' ');
            if (kind.SequenceEqual("end"u8))
            {
                ReadEnd(trees, checksum);
                break;
            }

            if (!kind.SequenceEqual("tree"u8))
            {
                throw _reader.Fault("it should begin with 'tree' or 'end'");
            }

            byte[] name = _reader.ReadWord(ref _key, _store.KeyBytesMaximum).ToArray();
            _reader.Expect(' ');
            ulong count = _reader.ReadNumber();
            _reader.Expect('\n');
            LoadTree(name, count);
            trees++;
        }

        using (WriteTransaction transaction = _store.BeginWrite())
        {
            transaction.Mark = mark;
            transaction.Commit(Durability.Flushed);
        }

        return new DumpSummary(trees, _records);
    }

    private void LoadTree(byte[] name, ulong count)
    {
        if (name.Length == 0)
        {
            throw _reader.Fault("a tree has no name");
        }

        do
        {
            using WriteTransaction transaction = _store.BeginWrite();
            TreeWriter tree = transaction.OpenTree(name);
            for (long bytes = 0; count > 0 && bytes < StoreDump.BatchBytes; count--)
            {
                bytes += LoadRecord(tree);
            }

            transaction.Commit(Durability.Deferred);
        }
        while (count > 0);
    }

    private long LoadRecord(TreeWriter tree)
    {
        ReadOnlySpan<byte> key = _reader.ReadWord(ref _key, _store.KeyBytesMaximum);
        if (key.IsEmpty)
        {
            throw _reader.Fault("a key is missing");
        }

        _reader.Expect(' ');
        ReadOnlySpan<byte> value = _reader.ReadWord(ref _value, StoreLimits.ValueBytesMaximum);
        _reader.Expect('\n');

        // Not Append: a dump is sorted and fills the pages anyway, and a text somebody edited need not be.
        tree.Put(key, value);
        if (++_records % StoreDump.ProgressInterval == 0)
        {
            _cancellation.ThrowIfCancellationRequested();
            _progress?.Invoke(_records);
        }

        return key.Length + value.Length;
    }

    private void ReadEnd(long trees, uint checksum)
    {
        ulong treeCount = _reader.ReadNumber();
        _reader.Expect(' ');
        ulong recordCount = _reader.ReadNumber();
        _reader.Expect(' ');
        byte[] word = [];
        ReadOnlySpan<byte> expected = _reader.ReadWord(ref word, 8);
        bool isNumber = System.Buffers.Text.Utf8Parser.TryParse(expected, out uint number, out int used, 'x') && used == 8;
        _reader.Expect('\n');
        if (treeCount != (ulong)trees || recordCount != (ulong)_records || !isNumber || number != checksum)
        {
            throw _reader.Fault("its counts or its checksum are not those of the lines above: the dump is damaged");
        }

        if (!_reader.IsAtEnd())
        {
            throw _reader.Fault("something follows the end");
        }
    }
}
