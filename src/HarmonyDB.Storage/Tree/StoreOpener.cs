using System.Security.Cryptography;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Storage.Tree;

/// <summary>Finds the newest durable state of a store file, or creates the file.</summary>
internal static class StoreOpener
{
    private const long CreatedBytes = 64 * 1024;

    internal static Store Open(string path, StoreOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfInvalid();
        if (!BitConverter.IsLittleEndian)
        {
            throw new PlatformNotSupportedException("The store reads its pages in place and needs a little-endian machine.");
        }

        path = Path.GetFullPath(path);
        IDisposable? fileLock = options.ReadOnly ? null : options.Disk.Lock(path + ".lock");
        try
        {
            if (!options.ReadOnly && !options.Disk.FileExists(path))
            {
                Create(path, options);
            }

            return OpenExisting(path, options, fileLock);
        }
        catch (Exception)
        {
            fileLock?.Dispose();
            throw;
        }
    }

    private static Store OpenExisting(string path, StoreOptions options, IDisposable? fileLock)
    {
        IDiskFile diskFile = options.Disk.Open(path, options.ReadOnly ? DiskFileMode.ReadOnly : DiskFileMode.Open);
        StoreFile? file = null;
        try
        {
            MetaPage?[] metas = ReadMetas(diskFile);
            int slot = metas[1] is { } second && (metas[0] is null || second.TxId > metas[0]!.TxId) ? 1 : 0;
            MetaPage newest = metas[slot] ?? throw new StoreDamagedException(path, new PageId(0), "neither meta page is valid");
            MetaPage? older = metas[1 - slot];
            if (diskFile.LengthBytes / newest.PageSizeBytes < (long)newest.PageCount)
            {
                throw new StoreDamagedException(path, new PageId(newest.PageCount - 1), "the file ends before it (B24)");
            }

            file = new StoreFile(diskFile, newest.PageSizeBytes);
            return new Store(file, newest, slot, older, fileLock, options);
        }
        catch (Exception)
        {
            (file ?? (IDisposable)diskFile).Dispose();
            throw;
        }
    }

    /// <summary>Reads both meta pages. The second lies one page into the file, so with a torn first one every page size is tried.</summary>
    internal static MetaPage?[] ReadMetas(IDiskFile file)
    {
        MetaPage? first = ReadMeta(file, 0, 0);
        MetaPage? second = null;
        for (int size = StoreLimits.PageBytesMinimum; size <= StoreLimits.PageBytesMaximum && second is null; size *= 2)
        {
            if (first is null || first.PageSizeBytes == size)
            {
                second = ReadMeta(file, 1, size);
                second = second?.PageSizeBytes == size ? second : null;
            }
        }

        if (first is not null && second is not null && (first.StoreId != second.StoreId || first.TxId == second.TxId))
        {
            throw new StoreDamagedException(file.Path, new PageId(1), "the two meta pages are not of the same store");
        }

        return [first, second];
    }

    private static MetaPage? ReadMeta(IDiskFile file, int slot, long offset)
    {
        Span<byte> page = stackalloc byte[MetaPage.SizeBytes];
        if (file.Read(offset, page) < page.Length || !MetaPage.TryRead(page, slot, out MetaPage? meta))
        {
            return null;
        }

        bool isSound = meta!.PageSizeBytes is >= StoreLimits.PageBytesMinimum and <= StoreLimits.PageBytesMaximum
            && int.PopCount(meta.PageSizeBytes) == 1
            && meta.PageCount is >= PageHeader.FirstPageId and < long.MaxValue / StoreLimits.PageBytesMaximum;
        return isSound ? meta : null;
    }

    /// <summary>A store comes into being whole, by a rename: an existing file without a valid meta page is always damage.</summary>
    private static void Create(string path, StoreOptions options)
    {
        string temporary = path + ".new";
        if (options.Disk.FileExists(temporary))
        {
            options.Disk.Delete(temporary);
        }

        using (IDiskFile file = options.Disk.Open(temporary, DiskFileMode.CreateNew))
        {
            file.Allocate(Math.Max(CreatedBytes, 4L * options.PageSizeBytes));
            var meta = new MetaPage
            {
                PageSizeBytes = options.PageSizeBytes,
                StoreId = options.StoreId != Guid.Empty ? options.StoreId : new Guid(RandomNumberGenerator.GetBytes(16)),
                TxId = 1,
                Mark = 0,
                Root = 0,
                TreeCount = 0,
                PageCount = PageHeader.FirstPageId,
                Freelist = 0,
                FreelistPageCount = 0,
            };
            Span<byte> page = stackalloc byte[MetaPage.SizeBytes];
            meta.Write(page, 0);
            file.Write(0, page);
            meta = meta with { TxId = 2 };
            meta.Write(page, 1);
            file.Write(options.PageSizeBytes, page);
            file.Flush();
        }

        options.Disk.Rename(temporary, path);
        options.Disk.FlushDirectory(Path.GetDirectoryName(path)!);
    }
}
