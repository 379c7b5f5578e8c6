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

    private static string[] Lines(CommandRun run) => Encoding.ASCII.GetString(run.Bytes.ToArray()).Split('\n')[2..^2];

    private static async Task<CommandRun> RunAsync(params string[] arguments)
    {
        var run = new CommandRun();
        await run.RunAsync(arguments);
        return run;
    }
}
