using System.Text;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Import;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Playground;

/// <summary>Loads the sample data set, reads it back from every node, and compares the nodes with each other and with the file.</summary>
internal sealed class Demo
{
    private const string Prefix = "unicode/";
    private const int Concurrency = 256;

    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(5);

    private readonly CommandHost _host;
    private readonly IReadOnlyList<PlaygroundNodeLayout> _nodes;

    public Demo(CommandHost host, IReadOnlyList<PlaygroundNodeLayout> nodes)
    {
        _host = host;
        _nodes = nodes;
    }

    /// <summary>The sample data set, next to the program.</summary>
    public static string SampleFile { get; } = Path.Combine(AppContext.BaseDirectory, "samples", "unicode", "UnicodeData.txt");

    /// <summary>Runs it.</summary>
    /// <returns><see cref="ExitCode.Success"/> only if every node holds exactly what the file does.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await using var source = Open();
        var expected = await ContentReader.ExpectAsync(ReaderOf(source), cancellationToken);

        source.Position = 0;
        await using var client = _host.Connect([.. _nodes.Select(node => node.ClientEndpoint)], RequestTimeout);
        var importer = new Importer(client, Concurrency, RetryPolicy.Default, Task.Delay);
        var import = await ProgressDisplay.RunAsync(
            _host.Terminal, "loading", source.Length, report => importer.RunAsync(ReaderOf(source), report, cancellationToken));
        var rate = ByteText.Number((long)(import.Written / Math.Max(0.001, import.Elapsed.TotalSeconds)));
        _host.Terminal.WriteLine(
            $"Loaded {ByteText.Number(import.Written)} records of {Path.GetFileName(SampleFile)} in {import.Elapsed.TotalSeconds:0.0} s ({rate} acknowledged puts/s).");

        return await CompareAsync(expected, cancellationToken) ? ExitCode.Success : ExitCode.Failed;
    }

    private static DelimitedReader ReaderOf(Stream source) => new(source, ";", 1, Prefix);

    private static FileStream Open()
    {
        try
        {
            return new FileStream(SampleFile, FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (IOException exception)
        {
            throw new CommandException(
                ExitCode.Failed, $"cannot read the sample data: {exception.Message}", "building or unpacking harmony again, with its samples folder", exception);
        }
    }

    private async Task<bool> CompareAsync(ContentSummary expected, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(_nodes.Select(async node =>
        {
            await using var client = _host.Connect([node.ClientEndpoint], RequestTimeout);
            return await ContentReader.ReadAsync(client, Encoding.UTF8.GetBytes(Prefix), cancellationToken);
        }));

        var rows = _nodes.Zip(found, (node, content) => Row(node.Name, content, content == expected ? "yes" : "NO"));
        _host.Terminal.WriteTable(["read from", ">records", "SHA-256 of keys and values (first half)", "as the file"], [.. rows, Row("the file", expected, "")]);
        var agree = found.All(content => content == expected);
        if (agree)
        {
            _host.Terminal.WriteLine("All nodes hold exactly what the file holds.");
        }
        else
        {
            _host.Terminal.WriteError("the nodes do not all hold what the file holds");
        }

        return agree;
    }

    private static IReadOnlyList<string> Row(string name, ContentSummary content, string verdict) =>
        [name, ByteText.Number(content.Count), content.Checksum[..32], verdict];
}
