using System.Runtime.CompilerServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>What a leaf holds in place of a large value: its first page and the transaction that wrote it, which the run's header must repeat.</summary>
internal readonly unsafe struct OverflowReference
{
    internal const int SizeBytes = 16;

    internal OverflowReference(ulong firstPageId, ulong txId)
    {
        FirstPageId = firstPageId;
        Transaction = txId;
    }

    internal ulong FirstPageId { get; }

    internal ulong Transaction { get; }

    internal static OverflowReference Read(byte* payload) =>
        new(Unsafe.ReadUnaligned<ulong>(payload), Unsafe.ReadUnaligned<ulong>(payload + sizeof(ulong)));

    internal void Write(Span<byte> payload)
    {
        BitConverter.TryWriteBytes(payload, FirstPageId);
        BitConverter.TryWriteBytes(payload[sizeof(ulong)..], Transaction);
    }
}
