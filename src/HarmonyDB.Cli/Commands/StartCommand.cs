using System.CommandLine;
using Akka.Configuration;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Server;
using HarmonyDB.Storage.Files;

namespace HarmonyDB.Cli.Commands;

/// <summary><c>harmony start</c>: one node in the foreground, until a signal or a failure stops it.</summary>
internal sealed class StartCommand : ICommand
{
    /// <summary>Name of the hidden option with which a parent process ties a node's life to its own.</summary>
    public const string StopOnStdinClose = "--stop-on-stdin-close";

    private readonly CommandHost _host;
    private readonly GlobalOptions _globals;
    private readonly Option<string> _config = new("--config", "-c") { Description = "The node's HOCON file.", HelpName = "FILE", Required = true };
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "A setting that overrides the file, such as harmony.name=n2. May be given several times.",
        HelpName = "PATH=VALUE",
    };

    private readonly Option<bool> _stopOnStdinClose = new(StopOnStdinClose) { Hidden = true };

    public StartCommand(CommandHost host, GlobalOptions globals)
    {
        _host = host;
        _globals = globals;
    }

    /// <inheritdoc/>
    public string[] Examples =>
    [
        "harmony start --config hocon/node.conf",
        "harmony start --config hocon/node.conf --set harmony.name=n2 --set harmony.data-dir=/var/lib/harmony/n2",
    ];

    /// <inheritdoc/>
    public string Notes =>
        "Exit code 0 after Ctrl+C or SIGTERM, 1 when the node stopped for a failure, 2 when the configuration is wrong; then all that is wrong is told.";

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = new Command("start", "Runs one node in the foreground until Ctrl+C or SIGTERM.")
        {
            _config, _set, _stopOnStdinClose,
        };
        _globals.RefuseIn(command);
        command.Validators.Add(result =>
        {
            foreach (var setting in result.GetValue(_set) ?? [])
            {
                if (!SettingOverride.TryTranslate(setting, out _))
                {
                    result.AddError($"--set '{setting}' is not of the form path=value.");
                }
            }
        });
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var config = Load(arguments.GetRequiredValue(_config), arguments.GetValue(_set) ?? []);

        // Not disposed: the thread that may cancel it outlives this method.
        var inputClosed = new CancellationTokenSource();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, inputClosed.Token);
        if (arguments.GetValue(_stopOnStdinClose))
        {
            CancelWhenInputCloses(inputClosed);
        }

        try
        {
            await using var node = await StartAsync(config, stopping.Token);
            Announce(node);
            return await RunUntilStoppedAsync(node, stopping.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            _host.Terminal.WriteLine("stopped before it served");
            return ExitCode.Success;
        }
    }

    private async Task<int> RunUntilStoppedAsync(HarmonyNode node, CancellationToken stopping)
    {
        var stopRequested = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = stopping.Register(stopRequested.SetResult);
        if (await Task.WhenAny(node.Completion, stopRequested.Task) == stopRequested.Task)
        {
            _host.Terminal.WriteLine("stopping");
            await node.StopAsync();
        }

        var reason = await node.Completion;
        if (!reason.Failed)
        {
            _host.Terminal.WriteLine("stopped");
            return ExitCode.Success;
        }

        throw new CommandException(
            ExitCode.Failed, $"the node stopped: {reason.Reason}", "the log above tells more; the other nodes go on while they are a majority");
    }

    private static Config Load(string file, IReadOnlyList<string> settings)
    {
        try
        {
            var config = HarmonyConfig.Load(file);
            foreach (var setting in settings)
            {
                if (SettingOverride.TryTranslate(setting, out var hocon))
                {
                    config = ConfigurationFactory.ParseString(hocon).WithFallback(config);
                }
            }

            return config;
        }
        catch (ConfigurationProblemException exception)
        {
            throw Misconfigured(exception);
        }
    }

    private static async Task<HarmonyNode> StartAsync(Config config, CancellationToken cancellationToken)
    {
        try
        {
            return await HarmonyNode.StartAsync(config, cancellationToken);
        }
        catch (ConfigurationProblemException exception)
        {
            throw Misconfigured(exception);
        }
        catch (FileLockedException exception)
        {
            throw new CommandException(
                ExitCode.Failed, exception.Message, "stopping the process that uses the folder, or another harmony.data-dir", exception);
        }
        catch (Exception exception) when (exception is DataFolderException or ListenException)
        {
            throw new CommandException(ExitCode.Failed, exception.Message, innerException: exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(
                ExitCode.Failed, exception.Message, "a data folder that this user may write to, and ports that are free", exception);
        }
    }

    private static CommandException Misconfigured(ConfigurationProblemException exception) =>
        new(ExitCode.Usage, exception.Message, "hocon/reference.conf explains every setting", exception);

    /// <summary>The parent holds the other end of the pipe; the system closes it when the parent dies, however it dies.</summary>
    private void CancelWhenInputCloses(CancellationTokenSource inputClosed)
    {
        var watcher = new Thread(() =>
        {
            using var input = _host.OpenInput();
            Span<byte> ignored = stackalloc byte[64];
            while (input.Read(ignored) > 0)
            {
            }

            inputClosed.Cancel();
        })
        {
            IsBackground = true,
            Name = "stdin-watcher",
        };
        watcher.Start();
    }

    private void Announce(HarmonyNode node)
    {
        var terminal = _host.Terminal;
        terminal.WriteLine($"HarmonyDB {ProductVersion.Text}, node {node.Settings.Name}");
        terminal.WriteLine($"  clients  {node.ClientEndpoint.GetLeftPart(UriPartial.Authority)}");
        terminal.WriteLine($"  raft     {node.Settings.Self.RaftAddress}");
        terminal.WriteLine($"  data     {node.Settings.DataDirectory}");
        terminal.WriteLine($"  process  {Environment.ProcessId}");
        terminal.WriteLine("Ctrl+C stops it.");
    }
}
