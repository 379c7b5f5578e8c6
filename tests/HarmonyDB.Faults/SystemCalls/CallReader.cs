using System.Globalization;
using System.Text.RegularExpressions;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.SystemCalls;

/// <summary>
/// Reads what a process changed in a folder from lines that <c>strace -ttt -y</c> wrote, in the words of the simulated disk. Calls that failed changed nothing.
/// </summary>
internal static partial class CallReader
{
    /// <summary>The calls to trace: all that change files or make changes durable.</summary>
    public const string Calls = "open,openat,creat,pwrite64,pwritev,pwritev2,write,writev,fallocate,ftruncate,truncate,fdatasync,fsync,sync_file_range,msync,"
        + "unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat";

    /// <summary>Reads the lines of all threads.</summary>
    /// <param name="lines">The lines, in any order.</param>
    /// <param name="folder">Full path of the folder; empty at first. What happens elsewhere is not looked at.</param>
    /// <exception cref="FormatException">A call in the folder is none that the simulated disk has a word for.</exception>
    public static IReadOnlyList<DiskOperation> Read(IEnumerable<string> lines, string folder)
    {
        var files = new HashSet<string>();
        var operations = new List<DiskOperation>();
        var calls = lines.Select(line => Line().Match(line)).Where(match => match.Success);
        foreach (var call in calls.OrderBy(c => decimal.Parse(c.Groups["time"].ValueSpan, CultureInfo.InvariantCulture)))
        {
            var arguments = call.Groups["arguments"].Value;
            if (call.Groups["result"].ValueSpan[0] != '-' && arguments.Contains(folder, StringComparison.Ordinal)
                && Operation(call.Groups["name"].Value, arguments, files) is { } operation)
            {
                operations.Add(operation);
            }
        }

        return operations;
    }

    private static DiskOperation? Operation(string name, string arguments, HashSet<string> files)
    {
        switch (name)
        {
            case "openat":
                var opened = Quoted().Match(arguments).Groups[1].Value;
                return arguments.Contains("O_CREAT", StringComparison.Ordinal) && files.Add(opened)
                    ? new DiskOperation(DiskOperationKind.Create, opened, 0, 0)
                    : null;
            case "unlink":
                var deleted = Quoted().Match(arguments).Groups[1].Value;
                files.Remove(deleted);
                return new DiskOperation(DiskOperationKind.Delete, deleted, 0, 0);
            case "rename":
                var names = Quoted().Matches(arguments);
                files.Remove(names[0].Groups[1].Value);
                files.Add(names[1].Groups[1].Value);
                return new DiskOperation(DiskOperationKind.Rename, names[1].Groups[1].Value, 0, 0);
        }

        var descriptor = Descriptor().Match(arguments);
        var path = descriptor.Groups["path"].Value;
        var numbers = Numbers(arguments[descriptor.Length..]);
        return name switch
        {
            "pwrite64" => new DiskOperation(DiskOperationKind.Write, path, numbers[^1], numbers[^2]),
            "fallocate" => new DiskOperation(DiskOperationKind.Allocate, path, 0, numbers[^2] + numbers[^1]),
            "ftruncate" => new DiskOperation(DiskOperationKind.SetLength, path, 0, numbers[^1]),
            "fdatasync" or "fsync" when files.Contains(path) => new DiskOperation(DiskOperationKind.Flush, path, 0, 0),
            "fsync" => new DiskOperation(DiskOperationKind.FlushDirectory, path, 0, 0),
            _ => throw new FormatException($"{name}({arguments}) changes the disk in a way that the simulated one does not know."),
        };
    }

    private static long[] Numbers(string arguments) =>
        [.. arguments.Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(a => long.TryParse(a, CultureInfo.InvariantCulture, out var n) ? n : 0)];

    [GeneratedRegex(@"^(?<time>\d+\.\d+) (?<name>\w+)\((?<arguments>.*)\) += (?<result>-?\d+)")]
    private static partial Regex Line();

    [GeneratedRegex(@"^\d+<(?<path>[^>]*)>")]
    private static partial Regex Descriptor();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();
}
