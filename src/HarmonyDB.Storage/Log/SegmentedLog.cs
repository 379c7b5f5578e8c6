using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Log;

/// <summary>
/// The replicated log of one member on disk: entries and hard state in append-only segment files. docs/format.md has every byte.
/// </summary>
/// <remarks>
/// For one thread at a time. What was appended is readable at once and durable after <see cref="Flush"/>. After any failure but a full
/// disk the log takes no more work and has to be opened again; entries can still be read. Entries that a flush acknowledged are never
/// lost by a crash; if the device loses them, opening says so with <see cref="LogDamagedException"/>.
/// </remarks>
public sealed class SegmentedLog : IDisposable
{
    private const int BufferBytesKept = 4 << 20;

    private readonly Disk _disk;
    private readonly string _directory;
    private readonly LogOptions _options;
    private readonly EntryIndex _index;
    private readonly EntryReader _reader = new();
    private byte[] _buffer = new byte[64 << 10];
    private LogPosition _durable;
    private LogPosition _marked;
    private Exception? _failure;
    private bool _disposed;

    private SegmentedLog(Disk disk, string directory, LogOptions options, LogReplay replay, LogRecovery recovery)
    {
        _disk = disk;
        _directory = directory;
        _options = options;
        _index = replay.Index;
        HardState = replay.HardState;
        if (recovery.Created)
        {
            _index.Reset(0, 0);
            _index.Segments.Add(CreateSegment(1, SegmentHeader.Bytes, previous: null, isReset: false));
            recovery = recovery with { Segments = 1 };
        }

        Recovery = recovery;
        _durable = Active.EndPosition;
        DurableIndex = LastIndex;
    }

    /// <summary>What opening the log found and did.</summary>
    public LogRecovery Recovery { get; }

    /// <summary>The last hard state appended; all zero in a new log.</summary>
    public LogHardState HardState { get; private set; }

    /// <summary>Index of the first entry that can be read; <see cref="LastIndex"/> + 1 when there is none.</summary>
    public ulong FirstIndex => _index.BaseIndex + 1;

    /// <summary>Index of the last entry; 0 in a new log, the index given to <see cref="Reset"/> after that.</summary>
    public ulong LastIndex => _index.LastIndex;

    /// <summary>Entries up to this one survive power loss.</summary>
    public ulong DurableIndex { get; private set; }

    /// <summary>The entries with which a new term begins, oldest first; the first one is <see cref="FirstIndex"/>. A copy.</summary>
    public IReadOnlyList<(ulong FirstIndex, ulong Term)> TermBoundaries => _index.TermBoundaries;

    /// <summary>Length of all segment files, in bytes.</summary>
    public long LengthBytes => _index.Segments.Sum(segment => segment.Header.LengthBytes);

    private Segment Active => _index.Segments[^1];

    /// <summary>Opens the log in a directory; creates both when missing. Reads every segment; cuts a torn tail and reports it in <see cref="Recovery"/>.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="directory">Full path of the directory. Files in it that are not segments are left alone (W12). The caller holds a lock on it.</param>
    /// <param name="options">Settings.</param>
    /// <exception cref="LogDamagedException">Something that had been flushed is missing or changed. Nothing was changed on disk.</exception>
    /// <exception cref="DiskFullException">There is no space to create or repair the log.</exception>
    /// <exception cref="DeviceFailedException">The device failed; the disk is latched.</exception>
    public static SegmentedLog Open(Disk disk, string directory, LogOptions options)
    {
        ArgumentNullException.ThrowIfNull(disk);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!disk.DirectoryExists(directory))
        {
            disk.CreateDirectory(directory);
        }

        var replay = new LogReplay(disk, directory, options.OwnerId);
        try
        {
            replay.Read(options.Progress);
            return new SegmentedLog(disk, directory, options, replay, replay.Repair());
        }
        catch
        {
            replay.Dispose();
            throw;
        }
    }

    /// <summary>The term of an entry.</summary>
    /// <param name="index">At most <see cref="LastIndex"/>.</param>
    /// <returns>Its term; at <see cref="FirstIndex"/> - 1 the term remembered from before the log was shortened or reset; 0 below that, and at index 0.</returns>
    public ulong TermAt(ulong index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index, LastIndex);
        return _index.TermAt(index);
    }

    /// <summary>Appends a batch with one write. Durable after <see cref="Flush"/>, and then in whole; a crash before it leaves a first part of it, hard state first.</summary>
    /// <param name="hardState">The new hard state, or null when it did not change.</param>
    /// <param name="entries">Entries without gaps. If the first one is not <see cref="LastIndex"/> + 1, it and all after it are replaced.</param>
    /// <exception cref="ArgumentException">The entries have gaps, falling terms, a payload too large, or do not connect to the log.</exception>
    /// <exception cref="InvalidOperationException">The batch would replace a committed entry, or change the vote of a term (R24).</exception>
    /// <exception cref="DiskFullException">No space is left; nothing of the batch counts, and the log can go on.</exception>
    /// <exception cref="DeviceFailedException">The device failed; the log takes no more work.</exception>
    public void Append(LogHardState? hardState, IReadOnlyList<LogEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        ThrowIfUnusable();
        ThrowIfInvalid(hardState);
        ThrowIfInvalid(entries);
        if (hardState is null && entries.Count == 0)
        {
            return;
        }

        try
        {
            WriteBatch(hardState, entries);
        }
        catch (IOException exception) when (exception is not DiskFullException)
        {
            _failure = exception;
            throw;
        }
    }

    /// <summary>Makes everything appended survive power loss. Costs one system call, or none when nothing was appended since the last one.</summary>
    /// <exception cref="DeviceFailedException">The flush failed: nothing appended since the last one may be acknowledged, and the log takes no more work (N1, W8).</exception>
    public void Flush()
    {
        ThrowIfUnusable();
        if (_durable == Active.EndPosition)
        {
            return;
        }

        try
        {
            Active.File.Flush();
        }
        catch (IOException exception)
        {
            _failure = exception;
            throw;
        }

        _durable = Active.EndPosition;
        DurableIndex = LastIndex;
    }

    /// <summary>Reads entries, flushed or not.</summary>
    /// <param name="fromIndex">The first one wanted.</param>
    /// <param name="toIndexExclusive">The one after the last one wanted; may lie beyond the end.</param>
    /// <param name="maximumBytes">Stops before the payloads exceed this, but gives at least one entry.</param>
    /// <param name="into">Where to add them. The payloads are the receiver's.</param>
    /// <returns>How many were added: 0 when <paramref name="fromIndex"/> is no longer, or not yet, in the log.</returns>
    /// <exception cref="LogDamagedException">An entry does not match its checksum any more; the log takes no more work.</exception>
    public int Read(ulong fromIndex, ulong toIndexExclusive, long maximumBytes, ICollection<LogEntry> into)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fromIndex, toIndexExclusive);
        ArgumentOutOfRangeException.ThrowIfNegative(maximumBytes);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (fromIndex < FirstIndex)
        {
            return 0;
        }

        try
        {
            return _reader.Read(_index, fromIndex, Math.Min(toIndexExclusive, LastIndex + 1), maximumBytes, into);
        }
        catch (LogDamagedException exception)
        {
            _failure ??= exception;
            throw;
        }
    }

    /// <summary>Deletes segments of which no entry is needed any more, and the directory entries durably. The hard state stays.</summary>
    /// <param name="firstIndexToKeep">Entries from here on stay, and those before it that share a segment with them.</param>
    /// <param name="retainBytes">The log is not made smaller than this: older segments stay although nothing needs them.</param>
    /// <exception cref="DiskFullException">The file system needs space to delete and has none; what is left is still part of the log, which can go on.</exception>
    /// <exception cref="DeviceFailedException">The device failed; the log takes no more work.</exception>
    public void TruncatePrefix(ulong firstIndexToKeep, long retainBytes = 0)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstIndexToKeep, LastIndex + 1);
        ArgumentOutOfRangeException.ThrowIfNegative(retainBytes);
        ThrowIfUnusable();
        var bytes = LengthBytes;
        while (_index.Segments.Count > 1 && IsBefore(_index.Segments[0], firstIndexToKeep)
            && (bytes -= _index.Segments[0].Header.LengthBytes) >= retainBytes)
        {
            // A later segment may replace entries of this one by a record that is not flushed yet; the crash must not bring them back.
            Flush();
            var segment = _index.Segments[0];
            try
            {
                // One by one, so that no crash leaves a gap between segments, which would look like damage. While it is not deleted it is part of the log.
                _disk.Delete(segment.File.Path);
                _disk.FlushDirectory(_directory);
            }
            catch (IOException exception) when (exception is not DiskFullException)
            {
                _failure = exception;
                throw;
            }

            _index.RemoveFirstSegment();
            segment.Dispose();
        }
    }

    /// <summary>Begins the log anew behind a snapshot: without entries, the next one is <paramref name="index"/> + 1. Durable when it returns.</summary>
    /// <param name="index">Index of the last entry that the snapshot contains.</param>
    /// <param name="term">Term of that entry.</param>
    /// <param name="hardState">The hard state from now on; it cannot take back a vote.</param>
    /// <exception cref="InvalidOperationException">The hard state would change the vote of a term (R24).</exception>
    /// <exception cref="DiskFullException">No space is left; the log is as before.</exception>
    /// <exception cref="DeviceFailedException">The device failed; the log takes no more work.</exception>
    public void Reset(ulong index, ulong term, LogHardState hardState)
    {
        ThrowIfUnusable();
        ThrowIfInvalid(hardState);
        var old = _index.Segments.ToArray();
        try
        {
            var header = CreateHeader(Active.Header.Sequence + 1, SegmentHeader.Bytes, previous: null, isReset: true) with
            {
                FirstIndex = index + 1,
                PreviousTerm = term,
                HardState = hardState,
            };
            var segment = SegmentFile.Create(_disk, _directory, header);

            // From here on the new segment alone is the log; what is left of the others is removed now or when it is opened.
            _index.Segments.Clear();
            _index.Segments.Add(segment);
            _index.Reset(index, term);
            HardState = hardState;
            DurableIndex = index;
            _durable = segment.EndPosition;
            foreach (var previous in old)
            {
                previous.Dispose();
                TryDelete(previous.File.Path);
            }

            _disk.FlushDirectory(_directory);
        }
        catch (IOException exception) when (exception is not DiskFullException)
        {
            _failure = exception;
            throw;
        }
    }

    /// <summary>
    /// Ends the log cleanly: flushes it and records that it is flushed to its end, so that the next opening can tell damage in the last
    /// batch from a torn tail. Without it that one batch is taken for a torn tail. Does no more than <see cref="Dispose"/> after a failure.
    /// </summary>
    /// <exception cref="DiskFullException">There is no space for that record; everything appended is durable nevertheless.</exception>
    /// <exception cref="DeviceFailedException">The device failed.</exception>
    public void Close()
    {
        try
        {
            if (!_disposed && _failure is null)
            {
                Flush();
                if (_marked != _durable)
                {
                    WriteBatch(hardState: null, []);
                    Flush();
                }
            }
        }
        finally
        {
            Dispose();
        }
    }

    /// <summary>Closes the files without writing anything: what was not flushed may be lost.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            foreach (var segment in _index.Segments)
            {
                segment.Dispose();
            }
        }
    }

    private void TryDelete(string path)
    {
        try
        {
            _disk.Delete(path);
        }
        catch (DiskFullException)
        {
            // Some file systems need space even to delete. The file is void all the same, and opening the log removes it.
        }
    }

    private static bool IsBefore(Segment segment, ulong index)
    {
        return segment.EntryCount == 0 || segment.FirstEntry + (ulong)segment.EntryCount <= index;
    }

    private void WriteBatch(LogHardState? hardState, IReadOnlyList<LogEntry> entries)
    {
        var truncates = entries.Count > 0 && entries[0].Index <= LastIndex;
        var size = BatchEncoder.SizeOf(truncates, hardState, entries);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Array.MaxLength - SegmentHeader.Bytes, nameof(entries));
        MakeRoom(size);
        var segment = Active;
        if (_buffer.Length < size)
        {
            _buffer = new byte[size];
        }

        var encoder = new BatchEncoder(_buffer.AsSpan(0, (int)size), segment);
        encoder.Mark(DurableIndex, _durable);
        if (hardState is { } state)
        {
            encoder.HardState(state);
        }

        var lastIndexKept = truncates ? entries[0].Index - 1 : LastIndex;
        var termOfLastKept = _index.TermAt(lastIndexKept);
        if (truncates)
        {
            encoder.TruncateSuffix(lastIndexKept, termOfLastKept);
        }

        var firstEntry = encoder.Offset;
        for (var i = 0; i < entries.Count; i++)
        {
            encoder.Entry(entries[i]);
        }

        segment.LeftoverEnd = segment.End + size;
        segment.File.Write(segment.End, _buffer.AsSpan(0, (int)size));

        // Nothing can fail from here on.
        if (truncates)
        {
            _index.TruncateSuffix(lastIndexKept, termOfLastKept);
            DurableIndex = Math.Min(DurableIndex, lastIndexKept);
        }

        AddToIndex(segment, firstEntry, entries);
        HardState = hardState ?? HardState;
        _marked = _durable;
        segment.End += size;
        segment.LastChecksum = encoder.LastChecksum;
        if (_buffer.Length > BufferBytesKept)
        {
            _buffer = new byte[64 << 10];
        }
    }

    private void AddToIndex(Segment segment, long offset, IReadOnlyList<LogEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            var size = (int)LogRecord.SizeOf(LogRecord.EntryBodyBytes + entries[i].Payload.Length);
            _index.Add(segment, entries[i].Index, entries[i].Term, offset, size);
            offset += size;
        }
    }

    private void MakeRoom(long batchBytes)
    {
        var segment = Active;
        if (segment.LeftoverEnd > segment.End)
        {
            // A write failed for want of space and may have left whole records here. They must be gone for good before others come before them.
            segment.Clear(Math.Min(segment.LeftoverEnd, segment.Header.LengthBytes));
            segment.File.Flush();
            segment.LeftoverEnd = segment.End;
        }

        if (segment.End + batchBytes > segment.Header.LengthBytes || segment.Header.MaximumBodyBytes < MaximumBodyBytes(_options))
        {
            // The next segment's header vouches for all of this one.
            Flush();
            _index.Segments.Add(CreateSegment(segment.Header.Sequence + 1, SegmentHeader.Bytes + batchBytes, segment, isReset: false));
            _durable = Active.EndPosition;
        }
    }

    private Segment CreateSegment(ulong sequence, long wantedBytes, Segment? previous, bool isReset)
    {
        return SegmentFile.Create(_disk, _directory, CreateHeader(sequence, wantedBytes, previous, isReset));
    }

    private SegmentHeader CreateHeader(ulong sequence, long wantedBytes, Segment? previous, bool isReset)
    {
        return new SegmentHeader
        {
            OwnerId = _options.OwnerId,
            Sequence = sequence,
            FirstIndex = LastIndex + 1,
            PreviousTerm = _index.LastTerm,
            HardState = HardState,
            PreviousEnd = previous?.EndPosition ?? default,
            PreviousChecksum = previous?.LastChecksum ?? 0,
            IsReset = isReset,
            LengthBytes = Math.Max(_options.SegmentBytes, wantedBytes),
            MaximumBodyBytes = MaximumBodyBytes(_options),
        };
    }

    private static uint MaximumBodyBytes(LogOptions options)
    {
        return (uint)(options.MaximumEntryBytes + LogRecord.EntryBodyBytes);
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        switch (_failure)
        {
            case null:
                return;
            case DeviceFailedException or LogDamagedException:
                throw _failure;
            default:
                throw new IOException("The log stopped after a failure; open it again.", _failure);
        }
    }

    private void ThrowIfInvalid(LogHardState? hardState)
    {
        if (hardState is not { } state)
        {
            return;
        }

        if (state.Term < HardState.Term || (state.Term == HardState.Term && HardState.Vote != 0 && state.Vote != HardState.Vote))
        {
            throw new InvalidOperationException($"A vote cannot be taken back: {HardState} is recorded, {state} was asked for.");
        }
    }

    private void ThrowIfInvalid(IReadOnlyList<LogEntry> entries)
    {
        if (entries.Count == 0)
        {
            return;
        }

        var first = entries[0].Index;
        if (first < FirstIndex || first > LastIndex + 1)
        {
            throw new ArgumentException($"Entry {first} does not connect to the log, which has entries {FirstIndex} to {LastIndex}.", nameof(entries));
        }

        if (first <= Math.Min(HardState.Commit, LastIndex))
        {
            throw new InvalidOperationException($"Entry {first} is committed (commit index {HardState.Commit}) and cannot be replaced.");
        }

        var term = _index.TermAt(first - 1);
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (entry.Index != first + (ulong)i || entry.Term < term)
            {
                throw new ArgumentException($"Entry {entry.Index} of term {entry.Term} cannot follow entry {first + (ulong)i - 1} of term {term}.", nameof(entries));
            }

            if (entry.Payload.Length > _options.MaximumEntryBytes)
            {
                throw new ArgumentException($"Entry {entry.Index} has {entry.Payload.Length} bytes; at most {_options.MaximumEntryBytes} are allowed.", nameof(entries));
            }

            term = entry.Term;
        }
    }
}
