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
        IDisposable? fileLock = options.ReadOnly || options.IsLockedByCaller ? null : options.Disk.Lock(path + ".lock");
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
            RecoveredMetas metas = RecoveredMetas.Read(diskFile);
            file = new StoreFile(diskFile, metas.Newest.PageSizeBytes, options.MaximumBytes, options.ReadOnly);
            return new Store(file, metas, fileLock, options);
        }
        catch (Exception)
        {
            (file ?? (IDisposable)diskFile).Dispose();
            throw;
        }
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
                MapRoot = 0,
                MapTxId = 0,
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
