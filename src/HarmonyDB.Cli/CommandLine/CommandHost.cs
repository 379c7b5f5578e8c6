using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>What commands have of the world around them, so that tests can give them another one.</summary>
/// <param name="Terminal">Where they write.</param>
/// <param name="Connect">Makes a client for a list of endpoints; the duration bounds each request.</param>
/// <param name="EnvironmentVariable">Reads an environment variable.</param>
/// <param name="OpenInput">Opens the standard input.</param>
/// <param name="OpenOutput">Opens the standard output for bytes.</param>
internal sealed record CommandHost(
    Terminal Terminal,
    Func<IReadOnlyList<Uri>, TimeSpan, IStoreClient> Connect,
    Func<string, string?> EnvironmentVariable,
    Func<Stream> OpenInput,
    Func<Stream> OpenOutput)
{
    /// <summary>The real world.</summary>
    public static CommandHost System() => new(
        Terminal.System(),
        (endpoints, timeout) => new EtcdStoreClient(endpoints, timeout),
        Environment.GetEnvironmentVariable,
        Console.OpenStandardInput,
        Console.OpenStandardOutput);
}
