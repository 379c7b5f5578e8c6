using HarmonyDB.Storage.Files;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary>Writes a store file under another name and renames it when it is whole, so that there is never half of one under its own name.</summary>
internal static class StoreReplacement
{
    /// <summary>Writes a file, durably.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="path">The name it gets; a file that has it is replaced.</param>
    /// <param name="write">Writes, flushes and closes the store whose path it is given. If it fails, nothing is left of that.</param>
    public static async Task<T> WriteAsync<T>(Disk disk, string path, Func<string, Task<T>> write)
    {
        var temporary = path + ".rewrite";
        DeleteStore(disk, temporary);
        try
        {
            var result = await write(temporary);
            disk.Rename(temporary, path);
            disk.FlushDirectory(Path.GetDirectoryName(path)!);
            return result;
        }
        finally
        {
            DeleteStore(disk, temporary);
        }
    }

    private static void DeleteStore(Disk disk, string path)
    {
        disk.Delete(path);
        disk.Delete(path + ".lock");
    }
}
