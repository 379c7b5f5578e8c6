using System.Text;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.Tests;

/// <summary>Runs one command line against a fake cluster and keeps what it printed.</summary>
internal sealed class CommandRun
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public Func<Uri, FakeStoreClient> ClientFor { get; set; } = _ => new FakeStoreClient();

    public Dictionary<string, string> Environment { get; } = [];

    public string Input { get; set; } = "";

    public MemoryStream Bytes { get; } = new();

    public bool IsInteractive { get; set; }

    public IReadOnlyList<Uri> LastEndpoints { get; private set; } = [];

    public TimeSpan LastTimeout { get; private set; }

    public int ExitCode { get; private set; } = -1;

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public static async Task<CommandRun> OfAsync(FakeStoreClient client, params string[] arguments)
    {
        var run = new CommandRun { ClientFor = _ => client };
        await run.RunAsync(arguments);
        return run;
    }

    public async Task RunAsync(params string[] arguments)
    {
        var host = new CommandHost(
            new Terminal(_output, _error, IsInteractive),
            Connect,
            Environment.GetValueOrDefault,
            () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
            () => Bytes);
        ExitCode = await new HarmonyCommandLine(host).InvokeAsync(arguments);
    }

    private IStoreClient Connect(IReadOnlyList<Uri> endpoints, TimeSpan timeout)
    {
        LastEndpoints = endpoints;
        LastTimeout = timeout;
        return ClientFor(endpoints[0]);
    }
}
