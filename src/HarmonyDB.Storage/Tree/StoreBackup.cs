using System.Buffers;
using System.Buffers.Binary;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>Turns what <see cref="Store.Backup(Stream, IProgress{long}, CancellationToken)"/> wrote back into a store.</summary>
public static class StoreBackup
{
    private const int CopyBytes = 1 << 20;

    /// <summary>
    /// Creates a store from a backup. Every page and the whole are verified; the file gets its name only when it is complete and flushed, so
    /// a restore that fails, or loses power, leaves none.
    /// </summary>
    /// <param name="source">The backup, read up to its end and not beyond.</param>
    /// <param name="path">The file to create.</param>
    /// <param name="disk">The disk it lives on.</param>
    /// <param name="progress">Is told the number of pages restored so far, now and then.</param>
    /// <param name="cancellationToken">Ends the work; no file is left.</param>
    /// <returns>What the backup holds. The store carries the identity of the one that was backed up.</returns>
    /// <exception cref="IOException">There is such a file already.</exception>
    /// <exception cref="FileLockedException">A store of that name is open.</exception>
    /// <exception cref="InvalidDataException">It is no backup, it ends early, or it is damaged.</exception>
    /// <exception cref="NotSupportedException">The backup has a format version that this code does not know.</exception>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public static BackupSummary Restore(
        Stream source, string path, Disk disk, IProgress<long>? progress = null, CancellationToken cancellationToken = default) =>
        Restore(source, path, disk, null, progress, cancellationToken);

    /// <summary>Creates a store from a backup under an identity of its own: a copy that goes its own way from there.</summary>
    /// <param name="source">The backup, read up to its end and not beyond.</param>
    /// <param name="path">The file to create.</param>
    /// <param name="disk">The disk it lives on.</param>
    /// <param name="storeId">Identity of the store; null for that of the one that was backed up.</param>
    /// <param name="progress">Is told the number of pages restored so far, now and then.</param>
    /// <param name="cancellationToken">Ends the work; no file is left.</param>
    /// <returns>What the backup holds, with the identity of the store that was backed up.</returns>
    /// <inheritdoc cref="Restore(Stream, string, Disk, IProgress{long}, CancellationToken)" path="/exception"/>
    public static BackupSummary Restore(
        Stream source, string path, Disk disk, Guid? storeId, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(disk);
        path = Path.GetFullPath(path);
        using IDisposable fileLock = disk.Lock(path + ".lock");
        if (disk.FileExists(path))
        {
            throw new IOException($"'{path}' exists already. Restore to another name, or remove it first.");
        }

        string temporary = path + ".new";
        disk.Delete(temporary);
        BackupSummary summary;
        try
        {
            using IDiskFile file = disk.Open(temporary, DiskFileMode.CreateNew);
            summary = new Run(source, file, storeId, progress, cancellationToken).Copy();
            file.Flush();
        }
        catch (Exception exception) when (exception is not (DeviceFailedException or PowerCutException))
        {
            disk.Delete(temporary);
            throw;
        }

        disk.Rename(temporary, path);
        disk.FlushDirectory(Path.GetDirectoryName(path)!);
        return summary;
    }

    private sealed unsafe class Run(Stream source, IDiskFile file, Guid? newStoreId, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        private const int ProgressEveryPages = 4096;

        private uint _checksum;
        private long _readBytes;
        private int _pageSizeBytes;
        private Guid _storeId;
        private ulong _txId;
        private ulong _mark;

        internal BackupSummary Copy()
        {
            ReadHeader();
            byte[] page = new byte[_pageSizeBytes];
            ulong next = PageHeader.FirstPageId;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> start = page.AsSpan(0, BackupFormat.TrailerBytes);
                uint before = _checksum;
                Read(start);
                if (page[PageHeader.TypeOffset] == BackupFormat.TrailerType)
                {
                    return Finish(start, next, before);
                }

                Read(page.AsSpan(start.Length));
                next += CopyPages(page, next);
                if (next % ProgressEveryPages == 0)
                {
                    progress?.Report((long)next);
                }
            }
        }

        private static void ThrowIf(bool isDamaged, string reason)
        {
            if (isDamaged)
            {
                throw new InvalidDataException($"The backup cannot be restored: {reason}.");
            }
        }

        private void ReadHeader()
        {
            Span<byte> header = stackalloc byte[BackupFormat.HeaderBytes];
            Read(header);
            ThrowIf(!header[..8].SequenceEqual(BackupFormat.Magic), "it does not begin like one");
            ThrowIf(BinaryPrimitives.ReadUInt32LittleEndian(header[60..]) != Crc32C.Compute(header[..60]), "its header is damaged");
            uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[8..]);
            if (version != BackupFormat.FormatVersion)
            {
                throw new NotSupportedException($"The backup has format version {version}; this program reads version {BackupFormat.FormatVersion}.");
            }

            _pageSizeBytes = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
            bool isSound = _pageSizeBytes is >= StoreLimits.PageBytesMinimum and <= StoreLimits.PageBytesMaximum && int.PopCount(_pageSizeBytes) == 1;
            ThrowIf(!isSound, "its page size makes no sense");
            _storeId = new Guid(header.Slice(16, 16), bigEndian: true);
            _txId = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
            _mark = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        }

        /// <summary>Copies a page, or a run of them that begins with it.</summary>
        private ulong CopyPages(byte[] first, ulong pageId)
        {
            fixed (byte* page = first)
            {
                ThrowIf(PageHeader.Id(page) != pageId || PageHeader.Transaction(page) > _txId, $"page {pageId} is damaged");
                file.Write((long)pageId * _pageSizeBytes, first);
                if (PageHeader.Kind(page) != (ushort)PageType.Overflow)
                {
                    ThrowIf(PageHeader.ComputeChecksum(page, _pageSizeBytes) != PageHeader.Checksum(page), $"the checksum of page {pageId} does not match");
                    return 1;
                }

                // The value is covered by the checksum of the whole.
                ulong valueBytes = PageHeader.Tail(page);
                ThrowIf(valueBytes > StoreLimits.ValueBytesMaximum, $"page {pageId} is damaged");
                int count = OverflowRun.PageCount((int)valueBytes, _pageSizeBytes);
                CopyBytes((long)(pageId + 1) * _pageSizeBytes, (long)(count - 1) * _pageSizeBytes);
                return (ulong)count;
            }
        }

        private void CopyBytes(long offset, long lengthBytes)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(StoreBackup.CopyBytes, Math.Max(1, lengthBytes)));
            for (long copied = 0; copied < lengthBytes;)
            {
                Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, lengthBytes - copied));
                Read(part);
                file.Write(offset + copied, part);
                copied += part.Length;
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        private BackupSummary Finish(ReadOnlySpan<byte> trailer, ulong pageCount, uint checksum)
        {
            ThrowIf(BinaryPrimitives.ReadUInt32LittleEndian(trailer[60..]) != Crc32C.Compute(trailer[..60], checksum), "its checksum does not match");
            ThrowIf(BinaryPrimitives.ReadUInt64LittleEndian(trailer[8..]) != pageCount, "pages are missing");
            var used = new PageBitmap();
            for (ulong page = PageHeader.FirstPageId; page < pageCount; page++)
            {
                used.Add(page);
            }

            (SpaceMapChange map, ulong allPages) = SpaceMap.Create(_pageSizeBytes, _txId, used, pageCount);
            foreach ((ulong page, byte[] image) in map.Images)
            {
                file.Write((long)page * _pageSizeBytes, image);
            }

            var meta = new MetaPage
            {
                PageSizeBytes = _pageSizeBytes,
                StoreId = newStoreId ?? _storeId,
                TxId = _txId,
                Mark = _mark,
                Root = BinaryPrimitives.ReadUInt64LittleEndian(trailer[16..]),
                TreeCount = BinaryPrimitives.ReadUInt64LittleEndian(trailer[24..]),
                PageCount = allPages,
                MapRoot = map.Map.Root.Page,
                MapTxId = map.Map.Root.Transaction,
            };
            file.Allocate((long)allPages * _pageSizeBytes);
            Span<byte> page0 = stackalloc byte[MetaPage.SizeBytes];
            for (int slot = 0; slot < 2; slot++)
            {
                meta.Write(page0, slot);
                file.Write((long)slot * _pageSizeBytes, page0);
            }

            return new BackupSummary(_storeId, new TxId(_txId), _mark, (long)pageCount, _readBytes);
        }

        private void Read(Span<byte> destination)
        {
            int count = source.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
            ThrowIf(count < destination.Length, "it ends early");
            _checksum = Crc32C.Compute(destination, _checksum);
            _readBytes += count;
        }
    }
}
