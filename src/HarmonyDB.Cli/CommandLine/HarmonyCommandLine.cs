using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Commands;
using HarmonyDB.Cli.Commands.StoreTools;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>Builds the command tree, runs the chosen command, and turns failures into two lines on the error stream and an exit code.</summary>
internal sealed class HarmonyCommandLine
{
    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly RootCommand _root;
    private readonly Dictionary<Command, (string Notes, string[] Examples)> _help = [];

    public HarmonyCommandLine(CommandHost host)
    {
        _host = host;
        _globals = new GlobalOptions(host);
        _root = new RootCommand("harmony runs, uses and looks into HarmonyDB, a replicated, ordered key-value database.");
        _globals.AddTo(_root);

        Add(_root, new StartCommand(host, _globals));
        Add(_root, new PlaygroundCommand(host, _globals));
        Add(_root, new PutCommand(host, _globals));
        Add(_root, new GetCommand(host, _globals));
        Add(_root, new RangeCommand(host, _globals));
        Add(_root, new DeleteCommand(host, _globals));
        Add(_root, new ImportCommand(host, _globals));
        Add(_root, new StatusCommand(host, _globals));
        var member = new Command("member", "The members of the cluster.");
        _root.Add(member);
        Add(member, new MemberListCommand(host, _globals));
        Add(member, new MemberAddCommand(host, _globals));
        Add(member, new MemberPromoteCommand(host, _globals));
        Add(member, new MemberRemoveCommand(host, _globals));
        Add(member, new MemberReplaceCommand(host, _globals));
        Add(_root, new MoveLeaderCommand(host, _globals));
        var store = new Command("store", "Looks into a store file that no node runs on, and mends it.");
        _root.Add(store);
        Add(store, new StoreStatCommand(host, _globals));
        Add(store, new StoreCheckCommand(host, _globals));
        Add(store, new StoreGetCommand(host, _globals));
        Add(store, new StoreDumpCommand(host, _globals));
        Add(store, new StoreLoadCommand(host, _globals));
        Add(store, new StoreCompactCommand(host, _globals));
        Add(store, new StoreBackupCommand(host, _globals));
        Add(store, new StoreRestoreCommand(host, _globals));
        Add(store, new StoreSalvageCommand(host, _globals));
        Add(store, new StorePagesCommand(host, _globals));

        _help[_root] = ("",
        [
            "harmony playground --demo",
            "harmony put greeting hello",
            "harmony get greeting",
            "harmony status",
        ]);
        var help = _root.Options.OfType<HelpOption>().Single();
        _root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        help.Action = new HelpWithExamples((HelpAction)help.Action!, _help);
    }

    /// <summary>Parses and runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public async Task<int> InvokeAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken = default)
    {
        if (arguments.Count == 0)
        {
            arguments = ["--help"];
        }

        var result = _root.Parse(arguments);
        if (result.Action is ParseErrorAction)
        {
            foreach (var error in result.Errors)
            {
                _host.Terminal.WriteError(error.Message);
            }

            _host.Terminal.WriteRemedy($"{CommandPath(result.CommandResult.Command)} --help");
            return ExitCode.Usage;
        }

        var configuration = new InvocationConfiguration
        {
            Output = _host.Terminal.Out,
            Error = _host.Terminal.Error,
            EnableDefaultExceptionHandler = false,

            // Commands stop by their own rules: a node flushes, a playground stops its children first.
            ProcessTerminationTimeout = null,
        };
        return await result.InvokeAsync(configuration, cancellationToken);
    }

    private static string CommandPath(Command command)
    {
        var parent = command.Parents.OfType<Command>().FirstOrDefault();
        return parent is null ? "harmony" : $"{CommandPath(parent)} {command.Name}";
    }

    private void Add(Command parent, ICommand command)
    {
        var syntax = command.Describe();
        syntax.SetAction((arguments, cancellationToken) => RunAsync(command, arguments, cancellationToken));
        parent.Add(syntax);
        _help[syntax] = (command.Notes, command.Examples);
    }

    private async Task<int> RunAsync(ICommand command, ParseResult arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await command.RunAsync(arguments, cancellationToken);
        }
        catch (CommandException exception)
        {
            _host.Terminal.WriteError(exception.Message);
            _host.Terminal.WriteRemedy(exception.Remedy);
            return exception.ExitCode;
        }
        catch (RequestFailedException exception)
        {
            _host.Terminal.WriteError(exception.Message);
            _host.Terminal.WriteRemedy(exception.Remedy);
            return exception.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _host.Terminal.WriteError("interrupted");
            return ExitCode.Interrupted;
        }
    }
}
