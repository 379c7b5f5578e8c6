using System.CommandLine;
using System.CommandLine.Parsing;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Output;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>The options that every command which talks to a cluster understands, before or after the command's name.</summary>
internal sealed class GlobalOptions
{
    /// <summary>Name of the environment variable with the default endpoints.</summary>
    public const string EndpointsVariable = "HARMONY_ENDPOINTS";

    /// <summary>Where a node listens when nobody says otherwise.</summary>
    public const string DefaultEndpoint = "http://127.0.0.1:2379";

    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(5);

    private readonly CommandHost _host;
    private readonly Option<IReadOnlyList<Uri>> _endpoints;
    private readonly Option<TimeSpan> _timeout;
    private readonly Option<string> _writeOut;

    public GlobalOptions(CommandHost host)
    {
        _host = host;
        _endpoints = new Option<IReadOnlyList<Uri>>("--endpoints")
        {
            Description = $"Nodes to ask, separated by commas; the next one is tried when one cannot be reached. "
                + $"[env: {EndpointsVariable}] [default: {DefaultEndpoint}]",
            HelpName = "URL,...",
            Recursive = true,
            CustomParser = result => ParseEndpoints(string.Join(',', result.Tokens.Select(token => token.Value)), result.AddError),
        };
        _timeout = new Option<TimeSpan>("--timeout")
        {
            Description = "How long to wait for each answer, such as 500ms, 5s or 1m. [default: 5s]",
            HelpName = "DURATION",
            Recursive = true,
            CustomParser = ParseTimeout,
        };
        _writeOut = new Option<string>("--write-out", "-w")
        {
            Description = "table for people; json for programs, with keys and values in base64 as etcd has them.",
            HelpName = "table|json",
            Recursive = true,
            DefaultValueFactory = _ => "table",
        };
        _writeOut.AcceptOnlyFromAmong("table", "json");
    }

    /// <summary>Adds the options to the root command, from where every subcommand inherits them.</summary>
    public void AddTo(RootCommand root)
    {
        root.Add(_endpoints);
        root.Add(_timeout);
        root.Add(_writeOut);
    }

    /// <summary>Makes a command that talks to no cluster refuse these options, rather than ignore them.</summary>
    public void RefuseIn(Command command) => Refuse(command, _endpoints, _timeout, _writeOut);

    /// <summary>Makes a command that works on a file refuse the options about a cluster.</summary>
    public void RefuseClusterIn(Command command) => Refuse(command, _endpoints, _timeout);

    /// <summary>The endpoints to use, at least one.</summary>
    /// <exception cref="CommandException">The environment variable names none.</exception>
    public IReadOnlyList<Uri> Endpoints(ParseResult result) => result.GetValue(_endpoints) ?? ParseEndpoints(
        _host.EnvironmentVariable(EndpointsVariable) ?? DefaultEndpoint,
        problem => throw new CommandException(ExitCode.Usage, $"{EndpointsVariable}: {problem}", $"{EndpointsVariable}={DefaultEndpoint}"));

    /// <summary>The bound of each request.</summary>
    public TimeSpan Timeout(ParseResult result) => result.GetResult(_timeout) is null ? DefaultTimeout : result.GetValue(_timeout);

    /// <summary>How results are to be printed.</summary>
    public OutputFormat Format(ParseResult result) => result.GetValue(_writeOut) == "json" ? OutputFormat.Json : OutputFormat.Table;

    /// <summary>A client for all endpoints.</summary>
    public IStoreClient Connect(ParseResult result) => _host.Connect(Endpoints(result), Timeout(result));

    private static void Refuse(Command command, params Option[] options) => command.Validators.Add(result =>
    {
        foreach (var option in options)
        {
            if (result.GetResult(option) is { Implicit: false })
            {
                result.AddError($"Option '{option.Name}' has no meaning for '{command.Name}'.");
            }
        }
    });

    private static IReadOnlyList<Uri> ParseEndpoints(string text, Action<string> addError)
    {
        var endpoints = new List<Uri>();
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var candidate = part.Contains("://", StringComparison.Ordinal) ? part : "http://" + part;
            if (!Uri.TryCreate(candidate, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp || uri.AbsolutePath != "/")
            {
                addError($"'{part}' is not an endpoint; write it as http://host:port (TLS is not in this version).");
                continue;
            }

            endpoints.Add(uri);
        }

        if (endpoints.Count == 0)
        {
            addError("No endpoint was given; write it as http://host:port.");
        }

        return endpoints;
    }

    private static TimeSpan ParseTimeout(ArgumentResult result)
    {
        if (Durations.TryParse(result.Tokens[0].Value, out var timeout))
        {
            return timeout;
        }

        result.AddError($"'{result.Tokens[0].Value}' is not a duration; write it as 500ms, 5s or 1m (at most 60m).");
        return default;
    }
}
