using System.Buffers.Binary;

namespace HarmonyDB.Storage.Log;

/// <summary>Lays the records of one batch out one after the other, as they will lie in the segment.</summary>
internal ref struct BatchEncoder
{
    private readonly Span<byte> _destination;
    private readonly uint _seed;
    private int _written;

    public BatchEncoder(Span<byte> destination, Segment segment)
    {
        _destination = destination;
        _seed = segment.Seed;
        Offset = segment.End;
        LastChecksum = segment.LastChecksum;
    }

    /// <summary>Where in the segment the next record will lie.</summary>
    public long Offset { get; private set; }

    public uint LastChecksum { get; private set; }

    public static long SizeOf(bool truncates, LogHardState? hardState, IReadOnlyList<LogEntry> entries)
    {
        var size = LogRecord.SizeOf(LogRecord.MarkBodyBytes)
            + (truncates ? LogRecord.SizeOf(LogRecord.TruncateBodyBytes) : 0)
            + (hardState is null ? 0 : LogRecord.SizeOf(LogRecord.HardStateBodyBytes));
        for (var i = 0; i < entries.Count; i++)
        {
            size += LogRecord.SizeOf(LogRecord.EntryBodyBytes + entries[i].Payload.Length);
        }

        return size;
    }

    public void Mark(ulong durableIndex, LogPosition durable)
    {
        var body = Body();
        BinaryPrimitives.WriteUInt64LittleEndian(body, durableIndex);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], durable.Segment);
        BinaryPrimitives.WriteInt64LittleEndian(body[16..], durable.Offset);
        Complete(LogRecord.MarkBodyBytes, RecordType.Mark, kind: 0);
    }

    public void HardState(LogHardState hardState)
    {
        var body = Body();
        BinaryPrimitives.WriteUInt64LittleEndian(body, hardState.Term);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], hardState.Vote);
        BinaryPrimitives.WriteUInt64LittleEndian(body[16..], hardState.Commit);
        Complete(LogRecord.HardStateBodyBytes, RecordType.HardState, kind: 0);
    }

    public void TruncateSuffix(ulong lastIndexKept, ulong termOfLastKept)
    {
        var body = Body();
        BinaryPrimitives.WriteUInt64LittleEndian(body, lastIndexKept);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], termOfLastKept);
        Complete(LogRecord.TruncateBodyBytes, RecordType.TruncateSuffix, kind: 0);
    }

    public void Entry(in LogEntry entry)
    {
        var body = Body();
        BinaryPrimitives.WriteUInt64LittleEndian(body, entry.Index);
        BinaryPrimitives.WriteUInt64LittleEndian(body[8..], entry.Term);
        entry.Payload.Span.CopyTo(body[LogRecord.EntryBodyBytes..]);
        Complete(LogRecord.EntryBodyBytes + entry.Payload.Length, RecordType.Entry, entry.Kind);
    }

    private readonly Span<byte> Body()
    {
        return _destination[(_written + LogRecord.HeadBytes)..];
    }

    private void Complete(int bodyBytes, RecordType type, byte kind)
    {
        var size = (int)LogRecord.SizeOf(bodyBytes);
        LastChecksum = LogRecord.Complete(_destination.Slice(_written, size), bodyBytes, type, kind, LastChecksum, _seed, Offset);
        _written += size;
        Offset += size;
    }
}
