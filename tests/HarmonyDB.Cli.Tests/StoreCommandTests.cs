using System.Text;
using System.Text.Json;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class StoreCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("harmony-store-").FullName;
    private readonly string _file;

    public StoreCommandTests()
    {
        _file = Path.Combine(_folder, "s.hdb");
        using var store = Store.Open(_file, new StoreOptions { Disk = new SystemDisk() });
        for (var round = 0; round < 3; round++)
        {
            using var transaction = store.BeginWrite();
            transaction.Mark = 42;
            var users = transaction.OpenTree("users"u8);
            for (var i = 0; i < 2000; i++)
            {
                users.Put(Encoding.ASCII.GetBytes($"user{i:D5}"), Encoding.ASCII.GetBytes($"name {i}"));
            }

            transaction.OpenTree([0, 255]).Put([1, 2, 3], new byte[20_000]);
            transaction.OpenTree("empty"u8);
            transaction.Commit(Durability.Flushed);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Stat_Json_HasTreesAndMark()
    {
        var run = await RunAsync("store", "stat", _file, "-w", "json");
        Assert.Equal(ExitCode.Success, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("42", json.RootElement.GetProperty("mark").GetString());
        Assert.Equal(["1", "0", "2000"], json.RootElement.GetProperty("trees").EnumerateArray().Select(tree => tree.GetProperty("entries").GetString()));
        Assert.Contains("users", (await RunAsync("store", "stat", _file)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_HealthyFile_Exits0AndWritesNothing()
    {
        var before = await File.ReadAllBytesAsync(_file);
        var run = await RunAsync("store", "check", _file);
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.EndsWith("healthy\n", run.Output, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(_file));
    }

    [Fact]
    public async Task CheckAndSalvage_DamagedFile_Exit1AndSayWhere()
    {
        var file = await File.ReadAllBytesAsync(_file);
        var at = file.AsSpan().LastIndexOf("name 1234"u8);
        file[at] ^= 1;
        await File.WriteAllBytesAsync(_file, file);

        // The last place in the file need not be the newest version, so damage every one.
        for (at = file.AsSpan().IndexOf("name 1234"u8); at >= 0; at = file.AsSpan().IndexOf("name 1234"u8))
        {
            file[at] ^= 1;
        }

        await File.WriteAllBytesAsync(_file, file);
        var run = await RunAsync("store", "check", _file, "-w", "json");
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.False(json.RootElement.GetProperty("healthy").GetBoolean());
        Assert.Contains("checksum", json.RootElement.GetProperty("problems")[0].GetString(), StringComparison.Ordinal);

        var target = Path.Combine(_folder, "new.hdb");
        run = await RunAsync("store", "salvage", _file, target);
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("users: from user", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "check", target)).ExitCode);
        Assert.Equal("name 5\n", (await RunAsync("store", "get", target, "users", "user00005")).Output);
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "salvage", _file, target)).ExitCode);
        Assert.Equal(["new.hdb", "s.hdb", "s.hdb.lock"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task DumpThenLoad_ThroughPipesAndFiles_GivesTheSameStore()
    {
        var text = Path.Combine(_folder, "s.txt");
        var copy = Path.Combine(_folder, "copy.hdb");
        Assert.Equal("2,001 records of 3 trees written to " + text + "\n", (await RunAsync("store", "dump", _file, "-o", text)).Output);
        var piped = await RunAsync("store", "dump", _file);
        Assert.Equal(await File.ReadAllBytesAsync(text), piped.Bytes.ToArray());

        Assert.Equal(ExitCode.Success, (await RunAsync("store", "load", copy, text, "--page-size", "8192")).ExitCode);
        var again = await RunAsync("store", "dump", copy);
        Assert.Equal(Lines(piped), Lines(again));
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "load", copy, text)).ExitCode);
        Assert.Equal(ExitCode.Failed, (await RunAsync("store", "dump", copy, "-o", text)).ExitCode);

        var broken = new CommandRun { Input = Encoding.ASCII.GetString(piped.Bytes.ToArray())[..5000] };
        await broken.RunAsync("store", "load", Path.Combine(_folder, "broken.hdb"), "-");
        Assert.Equal(ExitCode.Failed, broken.ExitCode);
        Assert.Contains("of the dump", broken.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFiles(_folder), name => name.Contains("broken", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Compact_MuchFreeSpace_GivesItBackAndKeepsEverything()
    {
        var before = await RunAsync("store", "dump", _file);
        var length = new FileInfo(_file).Length;
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "compact", _file)).ExitCode);
        Assert.InRange(new FileInfo(_file).Length, 1, length - 4096);
        Assert.Equal(before.Bytes.ToArray(), (await RunAsync("store", "dump", _file)).Bytes.ToArray());
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "check", _file)).ExitCode);
    }

    [Fact]
    public async Task CompactInPlace_MuchFreeSpace_CutsTheFileAndKeepsEverything()
    {
        var before = await RunAsync("store", "dump", _file);
        await AddFreeSpaceAsync();
        var length = new FileInfo(_file).Length;
        var run = await RunAsync("store", "compact", _file, "--in-place", "-w", "json");
        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(length, Number(json, "bytes_before"));
        Assert.Equal(new FileInfo(_file).Length, Number(json, "bytes_after"));
        Assert.InRange(Number(json, "bytes_after"), 1, length / 2);
        Assert.Equal(before.Bytes.ToArray(), (await RunAsync("store", "dump", _file)).Bytes.ToArray());
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "check", _file)).ExitCode);
        using (Store.Open(_file, new StoreOptions { Disk = new SystemDisk() }))
        {
            Assert.Contains("in use", (await RunAsync("store", "compact", _file, "--in-place")).Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task CompactToAnotherFile_LeavesTheFileAlone()
    {
        var file = await File.ReadAllBytesAsync(_file);
        var small = Path.Combine(_folder, "small.hdb");
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "compact", _file, "-o", small)).ExitCode);
        Assert.Equal(file, await File.ReadAllBytesAsync(_file));
        Assert.InRange(new FileInfo(small).Length, 1, file.Length - 4096);
        Assert.Equal((await RunAsync("store", "dump", _file)).Bytes.ToArray(), (await RunAsync("store", "dump", small)).Bytes.ToArray());
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "compact", _file, "-o", small)).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "compact", _file, "-o", small + "2", "--in-place")).ExitCode);
    }

    [Fact]
    public async Task BackupThenRestore_GivesTheSameStore()
    {
        var backup = Path.Combine(_folder, "s.backup");
        var restored = Path.Combine(_folder, "restored.hdb");
        var run = await RunAsync("store", "backup", _file, backup, "-w", "json");
        Assert.Equal((ExitCode.Success, ""), (run.ExitCode, run.Error));
        using (var json = JsonDocument.Parse(run.Output))
        {
            Assert.Equal(new FileInfo(backup).Length, Number(json, "backup_bytes"));
            Assert.Equal(42, Number(json, "mark"));
        }

        Assert.Equal(await File.ReadAllBytesAsync(backup), (await RunAsync("store", "backup", _file, "-")).Bytes.ToArray());
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "backup", _file, backup)).ExitCode);
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "restore", restored, backup)).ExitCode);
        Assert.Equal((await RunAsync("store", "dump", _file)).Bytes.ToArray(), (await RunAsync("store", "dump", restored)).Bytes.ToArray());
        Assert.Equal(ExitCode.Success, (await RunAsync("store", "check", restored)).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "restore", restored, backup)).ExitCode);
        Assert.Equal(["restored.hdb", "restored.hdb.lock", "s.backup", "s.hdb", "s.hdb.lock"], Directory.GetFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task Restore_DamagedOrCutOrMissingBackup_SaysSoAndLeavesNoFile()
    {
        var backup = Path.Combine(_folder, "s.backup");
        var restored = Path.Combine(_folder, "restored.hdb");
        await RunAsync("store", "backup", _file, backup);
        var bytes = await File.ReadAllBytesAsync(backup);
        bytes[^1000] ^= 1;
        await AssertRefusedAsync(bytes, "cannot be restored");
        bytes[^1000] ^= 1;
        await AssertRefusedAsync(bytes[..^1], "ends early");
        await AssertRefusedAsync(bytes[100..], "does not begin like one");
        File.Delete(backup);
        Assert.Equal(ExitCode.Failed, (await RunAsync("store", "restore", restored, backup)).ExitCode);

        async Task AssertRefusedAsync(byte[] damaged, string reason)
        {
            await File.WriteAllBytesAsync(backup, damaged);
            var run = await RunAsync("store", "restore", restored, backup);
            Assert.Equal(ExitCode.Failed, run.ExitCode);
            Assert.Contains(reason, run.Error, StringComparison.Ordinal);
            Assert.False(File.Exists(restored));
        }
    }

    [Fact]
    public async Task Get_KeysAndTrees_AreTextOrHex()
    {
        Assert.Equal("name 7\n", (await RunAsync("store", "get", _file, "users", "user00007")).Output);
        Assert.StartsWith("0000", (await RunAsync("store", "get", _file, "00ff", "010203", "--hex")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.NotFound, (await RunAsync("store", "get", _file, "users", "nobody")).ExitCode);
        Assert.Equal(ExitCode.NotFound, (await RunAsync("store", "get", _file, "nothing", "nobody")).ExitCode);
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "get", _file, "users", "--endpoints", "http://a:1", "x")).ExitCode);
    }

    [Fact]
    public async Task Pages_ListsKindsAndPrintsBytes()
    {
        var run = await RunAsync("store", "pages", _file, "-w", "json");
        using var json = JsonDocument.Parse(run.Output);
        var kinds = json.RootElement.GetProperty("pages").EnumerateArray().Select(page => page.GetProperty("kind").GetString()).ToHashSet();
        Assert.Superset(new HashSet<string?> { "meta", "branch", "leaf", "large value" }, kinds);
        Assert.Contains("HARMONY", (await RunAsync("store", "pages", _file, "--page", "0")).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "pages", _file, "--page", "99999")).ExitCode);
    }

    [Fact]
    public async Task AnyTool_FileInUseOrMissing_SaysSo()
    {
        using (Store.Open(_file, new StoreOptions { Disk = new SystemDisk() }))
        {
            var run = await RunAsync("store", "stat", _file);
            Assert.Equal(ExitCode.Failed, run.ExitCode);
            Assert.Contains("in use", run.Error, StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.Usage, (await RunAsync("store", "stat", _file + "x")).ExitCode);
        await File.WriteAllTextAsync(_file + ".txt", "this is no store");
        Assert.Equal(ExitCode.Failed, (await RunAsync("store", "stat", _file + ".txt")).ExitCode);
    }

    private static long Number(JsonDocument json, string name) =>
        long.Parse(json.RootElement.GetProperty(name).GetString()!, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Writes and deletes so much that most of the file is free.</summary>
    private Task AddFreeSpaceAsync() => Task.Run(() =>
    {
        using var store = Store.Open(_file, new StoreOptions { Disk = new SystemDisk() });
        for (var round = 0; round < 2; round++)
        {
            using var transaction = store.BeginWrite();
            var tree = transaction.OpenTree("users"u8);
            for (byte i = 0; i < 200; i++)
            {
                if (round == 0)
                {
                    tree.Put([i], new byte[20_000]);
                }
                else
                {
                    tree.Delete([i]);
                }
            }

            transaction.Commit(Durability.Flushed);
        }
    });

    private static string[] Lines(CommandRun run) => Encoding.ASCII.GetString(run.Bytes.ToArray()).Split('\n')[2..^2];

    private static async Task<CommandRun> RunAsync(params string[] arguments)
    {
        var run = new CommandRun();
        await run.RunAsync(arguments);
        return run;
    }
}
