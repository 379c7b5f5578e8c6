using System.Runtime.InteropServices;

namespace HarmonyDB.Storage.Tree;

/// <summary>Native page-sized buffers for the pages of write transactions. Used by one writer at a time.</summary>
internal sealed unsafe class PageBufferPool : IDisposable
{
    private const int CacheLineBytes = 64;
    private const long RetainedBytesMaximum = 64L << 20;

    private readonly int _pageSizeBytes;
    private readonly Stack<nint> _free = [];

    internal PageBufferPool(int pageSizeBytes)
    {
        _pageSizeBytes = pageSizeBytes;
    }

    /// <summary>A buffer with undefined contents.</summary>
    internal byte* Rent() =>
        _free.TryPop(out nint buffer) ? (byte*)buffer : (byte*)NativeMemory.AlignedAlloc((nuint)_pageSizeBytes, CacheLineBytes);

    internal void Return(byte* buffer)
    {
        if ((long)_free.Count * _pageSizeBytes < RetainedBytesMaximum)
        {
            _free.Push((nint)buffer);
        }
        else
        {
            NativeMemory.AlignedFree(buffer);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_free.TryPop(out nint buffer))
        {
            NativeMemory.AlignedFree((void*)buffer);
        }
    }
}
