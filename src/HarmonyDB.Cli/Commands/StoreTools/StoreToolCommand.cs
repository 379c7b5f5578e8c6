using System.CommandLine;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Files;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary>A command that works on a store file which nobody else has open: its lock is held from the beginning to the end.</summary>
internal abstract class StoreToolCommand : ICommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "The store file, such as DATA/store.hdb." };

    protected StoreToolCommand(CommandHost host, GlobalOptions globals)
    {
        Host = host;
        Globals = globals;
    }

    /// <inheritdoc/>
    public abstract string[] Examples { get; }

    /// <inheritdoc/>
    public virtual string Notes => "The node that runs on the file must be stopped.";

    protected CommandHost Host { get; }

    protected Terminal Terminal => Host.Terminal;

    protected Disk Disk { get; } = new SystemDisk();

    /// <summary>Whether the command makes the file, rather than finds it.</summary>
    protected virtual bool CreatesFile => false;

    private GlobalOptions Globals { get; }

    /// <inheritdoc/>
    public Command Describe()
    {
        var command = DescribeBeyondFile();
        command.Arguments.Insert(0, _file);
        Globals.RefuseClusterIn(command);
        return command;
    }

    /// <inheritdoc/>
    public async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(arguments.GetRequiredValue(_file));
        try
        {
            if (!CreatesFile && !File.Exists(path))
            {
                throw new CommandException(ExitCode.Usage, $"there is no file {path}", "the store.hdb in a node's data folder");
            }

            // A file that has no lock beside it was never opened for writing by anybody; a look at it leaves nothing behind.
            using var held = !OpensForWriting(arguments) && File.Exists(path + ".lock") ? Disk.Lock(path + ".lock") : null;
            return await RunAsync(path, arguments, cancellationToken);
        }
        catch (FileLockedException exception)
        {
            throw new CommandException(ExitCode.Failed, $"{path} is in use by another process", "stop the node that runs on it first", exception);
        }
        catch (StoreDamagedException exception)
        {
            throw new CommandException(
                ExitCode.Failed, $"page {exception.Page} of {exception.Path} is damaged: {exception.Reason}", $"harmony store salvage {path} NEW_FILE", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or NotSupportedException)
        {
            throw new CommandException(ExitCode.Failed, exception.Message, "", exception);
        }
    }

    /// <summary>Whether the command opens the file for writing, which takes the lock.</summary>
    protected virtual bool OpensForWriting(ParseResult arguments) => false;

    /// <summary>Describes the command without its first argument, the file.</summary>
    protected abstract Command DescribeBeyondFile();

    /// <summary>Does it.</summary>
    protected abstract Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken);

    protected bool IsJson(ParseResult arguments) => Globals.Format(arguments) == OutputFormat.Json;

    /// <summary>The full path of a file that the command is to make.</summary>
    /// <exception cref="CommandException">There is one of that name.</exception>
    protected static string FullPathOfNewFile(string path)
    {
        path = Path.GetFullPath(path);
        return File.Exists(path)
            ? throw new CommandException(ExitCode.Usage, $"{path} exists already", "the name of a file that does not exist")
            : path;
    }

    /// <summary>Opens the file without ever writing to it.</summary>
    protected Store OpenReadOnly(string path) => Store.Open(path, new StoreOptions { Disk = Disk, ReadOnly = true, MaximumReaders = 4 });

    /// <summary>Runs long work off the terminal's thread, showing how far it is in pages.</summary>
    protected Task<T> WithPagesAsync<T>(string title, string path, Func<Action<CheckProgress>, T> work)
    {
        var bytes = new FileInfo(path).Length;
        return ProgressDisplay.RunAsync(
            Terminal,
            title,
            bytes,
            report => Task.Run(() => work(progress => report(
                new TransferProgress(progress.PagesDone, (long)((double)progress.PagesDone / Math.Max(1, progress.PagesTotal) * bytes))))),
            "pages");
    }

    /// <summary>Runs long work off the terminal's thread, showing how many pages are done.</summary>
    /// <param name="title">What is going on.</param>
    /// <param name="total">Pages there are, 0 if unknown.</param>
    /// <param name="work">The work.</param>
    protected Task<T> WithPagesAsync<T>(string title, long total, Func<Action<long>, T> work) => ProgressDisplay.RunAsync(
        Terminal, title, total, report => Task.Run(() => work(pages => report(new TransferProgress(pages, pages)))), "pages");

    /// <summary>Runs long work off the terminal's thread, showing how far it is in records.</summary>
    /// <param name="title">What is going on.</param>
    /// <param name="total">Records there are, 0 if unknown.</param>
    /// <param name="work">The work.</param>
    protected Task<T> WithRecordsAsync<T>(string title, long total, Func<Action<long>, T> work) => ProgressDisplay.RunAsync(
        Terminal, title, total, report => Task.Run(() => work(records => report(new TransferProgress(records, records)))));
}
