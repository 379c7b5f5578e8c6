using HarmonyDB.Faults.CrashImages;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Log;

namespace HarmonyDB.Faults.BitFlips;

/// <summary>One segment of a log of three: from the beginning, or the last one, closed cleanly or not.</summary>
internal sealed class LogFlipTarget : FlipTarget
{
    private const int EntryCount = 26;

    private readonly CrashImage _healthy;
    private readonly LogContent _content;
    private readonly int _segment;
    private readonly bool _isClosed;
    private readonly ulong _vouchedIndex;

    // Behind it a segment that is not the last has room that no record fitted in, and that nothing reads.
    private readonly int _contentEnd;

    public LogFlipTarget(bool isLast, bool isClosed)
    {
        _isClosed = isClosed;
        using var disk = CrashImage.Empty.ToDisk(0);
        using var log = SegmentedLog.Open(disk, CrashImage.LogFolder, FolderContent.LogOptions);
        var random = new Random(5);
        for (var index = 1ul; index <= EntryCount; index++)
        {
            var payload = new byte[random.Next(5) == 0 ? 1_500 : random.Next(300)];
            random.NextBytes(payload);
            log.Append(index % 4 == 1 ? new LogHardState(1 + (index / 8), 1 + (index / 8), index / 2) : null, [new LogEntry(index, 1 + (index / 8), (byte)(index % 3), payload)]);
            _vouchedIndex = log.DurableIndex;
            log.Flush();
        }

        _content = LogContent.Read(log);
        if (isClosed)
        {
            log.Close();
        }

        _healthy = ReadImage(disk);
        _segment = isLast ? _healthy.Files.Count - 1 : 0;
        _contentEnd = isLast ? int.MaxValue : Bytes.Span.LastIndexOfAnyExcept((byte)0) + 1;
    }

    public override string Name => "log";

    public override ReadOnlyMemory<byte> Bytes => _healthy.Files[_segment].Bytes;

    public override FlipOutcome Try(byte[] bytes, int start, int end)
    {
        var image = new CrashImage([.. _healthy.Files.Select((file, i) => i == _segment ? (file.Path, bytes) : file)]);
        using var disk = image.ToDisk(0);
        try
        {
            using var log = SegmentedLog.Open(disk, CrashImage.LogFolder, FolderContent.LogOptions);
            var found = LogContent.Read(log);
            var isWhole = found.IsSameAs(_content);
            var isPrefix = !_isClosed && found.LastIndex >= _vouchedIndex && found.LastIndex <= _content.LastIndex
                && (found with { HardState = _content.HardState }).IsSameAs(_content with { Entries = _content.Entries[..found.Entries.Length] });
            if (found.CutBytes > 0 && (isWhole || isPrefix))
            {
                return FlipOutcome.Cut;
            }

            if (isWhole && start >= _contentEnd)
            {
                return FlipOutcome.Unharmed;
            }

            throw new CrashCheckException(isWhole ? "the log opened as if nothing were wrong" : $"the log holds [{found}] instead of [{_content}]");
        }
        catch (LogDamagedException)
        {
            return FlipOutcome.Refused;
        }
    }

    private static CrashImage ReadImage(SimulatedDisk disk)
    {
        var files = new List<(string Path, byte[] Bytes)>();
        foreach (var name in disk.ListFiles(CrashImage.LogFolder))
        {
            using var file = disk.Open(Path.Combine(CrashImage.LogFolder, name), DiskFileMode.ReadOnly);
            var bytes = new byte[file.LengthBytes];
            file.Read(0, bytes);
            files.Add((file.Path, bytes));
        }

        return new CrashImage(files);
    }
}
