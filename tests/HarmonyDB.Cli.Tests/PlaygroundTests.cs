using System.Net;
using System.Net.Sockets;
using System.Text;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Import;
using HarmonyDB.Cli.Playground;
using Xunit;

namespace HarmonyDB.Cli.Tests;

public sealed class PlaygroundTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("harmony-cli-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Layout_Ports_AreTenApart()
    {
        var layout = new PlaygroundLayout(3, _folder, 2379, 4053);

        Assert.Equal(["n1", "n2", "n3"], layout.Nodes.Select(node => node.Name));
        Assert.Equal([2379, 2389, 2399], layout.Nodes.Select(node => node.ClientPort));
        Assert.Equal([4053, 4063, 4073], layout.Nodes.Select(node => node.RemotePort));
    }

    [Theory]
    [InlineData(0, 4053, "--client-port")]
    [InlineData(2379, 65530, "--remote-port")]
    [InlineData(4033, 4053, "4053")]
    public void Layout_PortsThatCannotBe_NameTheOption(int clientPort, int remotePort, string what)
    {
        var problem = Assert.Throws<CommandException>(() => new PlaygroundLayout(3, _folder, clientPort, remotePort));

        Assert.Equal(ExitCode.Usage, problem.ExitCode);
        Assert.Contains(what, problem.Message + problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Config_OfANode_HasItsOwnNameAndEveryMember()
    {
        var layout = new PlaygroundLayout(2, Path.Combine(_folder, "with \"quotes\""), 2379, 4053);
        var config = layout.ConfigOf(layout.Nodes[1]);

        Assert.Contains("  name = n2\n", config, StringComparison.Ordinal);
        Assert.Contains($"  data-dir = \"{_folder}/with \\\"quotes\\\"/n2/data\"\n", config, StringComparison.Ordinal);
        Assert.Contains("{ name = n1, raft-address = \"127.0.0.1:4053\", client-urls = [\"http://127.0.0.1:2379\"] }", config, StringComparison.Ordinal);
        Assert.Contains("{ name = n2, raft-address = \"127.0.0.1:4063\", client-urls = [\"http://127.0.0.1:2389\"] }", config, StringComparison.Ordinal);
        Assert.Contains("segment-bytes", config, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Again_IsAllowedOnlyWithTheSameShape()
    {
        new PlaygroundLayout(3, _folder, 2379, 4053).Write();
        new PlaygroundLayout(3, _folder, 2379, 4053).Write();
        Assert.True(File.Exists(Path.Combine(_folder, "n3", "node.conf")));

        foreach (var other in (PlaygroundLayout[])[new(2, _folder, 2379, 4053), new(3, _folder, 2380, 4053), new(5, _folder, 2379, 4053)])
        {
            var problem = Assert.Throws<CommandException>(other.Write);
            Assert.Equal(ExitCode.Usage, problem.ExitCode);
            Assert.Contains("another --dir", problem.Remedy, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void CheckPorts_OneInUse_NamesPortAndOption()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        var port = ((IPEndPoint)busy.LocalEndpoint).Port;

        var problem = Assert.Throws<CommandException>(new PlaygroundLayout(1, _folder, port, port == 4053 ? 4054 : 4053).CheckPortsAreFree);
        Assert.Equal(ExitCode.Failed, problem.ExitCode);
        Assert.Contains($"port {port}, the client port of n1", problem.Message, StringComparison.Ordinal);
        Assert.Contains("--client-port", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void Checksum_DependsOnEveryByteAndBoundary()
    {
        var sums = new[]
        {
            Sum(("a", "b")), Sum(("a", "c")), Sum(("b", "b")), Sum(("ab", "")), Sum(("a", "b"), ("c", "")), Sum(),
        };

        Assert.Equal(sums.Length, sums.Distinct().Count());
        Assert.Equal(Sum(("a", "b")), Sum(("a", "b")));
    }

    [Fact]
    public void Checksum_KeysOutOfOrder_Throws() => Assert.Throws<ArgumentException>(() => Sum(("b", ""), ("a", "")));

    [Fact]
    public async Task ContentReader_ManyPages_SumsUpWhatTheSourceHas()
    {
        var text = string.Concat(Enumerable.Range(0, 4500).Select(i => $"{i:x};value {i}\n"));
        var client = new FakeStoreClient().With("p", "before").With("q", "after");
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            client.With("p/" + line.Split(';')[0], line);
        }

        var expected = await ContentReader.ExpectAsync(new DelimitedReader(new MemoryStream(Encoding.UTF8.GetBytes(text)), ";", 1, "p/"), default);
        Assert.Equal(4500, expected.Count);
        Assert.Equal(expected, await ContentReader.ReadAsync(client, "p/"u8.ToArray(), default));
        Assert.Equal(3, client.RangeRequests.Count);

        client.With("p/7", "changed");
        Assert.NotEqual(expected, await ContentReader.ReadAsync(client, "p/"u8.ToArray(), default));
    }

    [Fact]
    public async Task SampleData_IsNextToTheProgramAndWhole()
    {
        await using var file = File.OpenRead(Demo.SampleFile);
        var reader = new DelimitedReader(file, ";", 1, "unicode/");
        var content = await ContentReader.ExpectAsync(reader, default);

        Assert.Equal(34_924, content.Count);
        Assert.Equal(0, reader.BadLineCount);
    }

    [Fact]
    public async Task LogTail_KeepsTheLastLinesAndTheFileHasAll()
    {
        var path = Path.Combine(_folder, "node.log");
        using (var log = new LogTail(path, capacity: 2))
        {
            await log.PumpAsync(new StringReader("1\n2\n3\n"));
            Assert.Equal(["2", "3"], log.LastLines);
        }

        Assert.Equal(["1", "2", "3"], File.ReadAllLines(path));
    }

    private static string Sum(params (string Key, string Value)[] content)
    {
        using var checksum = new ContentChecksum();
        foreach (var (key, value) in content)
        {
            checksum.Add(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        }

        return checksum.Finish();
    }
}
