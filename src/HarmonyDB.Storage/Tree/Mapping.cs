using System.Runtime.InteropServices;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>A mapping of the store file, with one bit for each page that was verified, or written by this process, since the store was opened.</summary>
/// <remarks>
/// Growing makes a new mapping; the old one stays until no reader uses it (B18). Bits that readers set in an old mapping while it is
/// copied may be lost; the pages are then verified once more.
/// </remarks>
internal sealed unsafe class Mapping : IDisposable
{
    private readonly IDiskMapping _mapping;
    private readonly int _pageSizeBytes;
    private ulong* _verified;

    internal Mapping(IDiskMapping mapping, int pageSizeBytes, Mapping? previous)
    {
        _mapping = mapping;
        _pageSizeBytes = pageSizeBytes;
        Pointer = mapping.Pointer;
        PageCount = (ulong)(mapping.LengthBytes / pageSizeBytes);
        nuint words = (nuint)((PageCount / 64) + 1);
        _verified = (ulong*)NativeMemory.AllocZeroed(words, sizeof(ulong));
        if (previous is not null)
        {
            ulong kept = Math.Min(words, (previous.PageCount / 64) + 1) * sizeof(ulong);
            Buffer.MemoryCopy(previous._verified, _verified, kept, kept);
        }
    }

    internal byte* Pointer { get; }

    /// <summary>Number of pages that may be read.</summary>
    internal ulong PageCount { get; }

    internal byte* Page(ulong pageId) => Pointer + (pageId * (ulong)_pageSizeBytes);

    internal bool IsVerified(ulong pageId) => (Volatile.Read(ref _verified[pageId >> 6]) & (1UL << (int)(pageId & 63))) != 0;

    internal void SetVerified(ulong pageId) => Interlocked.Or(ref _verified[pageId >> 6], 1UL << (int)(pageId & 63));

    internal void ClearVerified(ulong pageId) => Interlocked.And(ref _verified[pageId >> 6], ~(1UL << (int)(pageId & 63)));

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_verified != null)
        {
            _mapping.Dispose();
            NativeMemory.Free(_verified);
            _verified = null;
        }
    }
}
