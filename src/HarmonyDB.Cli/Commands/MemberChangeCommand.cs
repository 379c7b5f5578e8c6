using System.CommandLine;
using System.Globalization;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Commands;

/// <summary>What the commands that change the members share: how an id is written, and how the members are printed afterwards.</summary>
internal abstract class MemberChangeCommand : ICommand
{
    private protected MemberChangeCommand(CommandHost host, GlobalOptions globals)
    {
        Host = host;
        Globals = globals;
    }

    /// <inheritdoc/>
    public abstract string[] Examples { get; }

    /// <inheritdoc/>
    public virtual string Notes => "";

    private protected CommandHost Host { get; }

    private protected GlobalOptions Globals { get; }

    /// <inheritdoc/>
    public abstract Command Describe();

    /// <inheritdoc/>
    public abstract Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken);

    /// <summary>An argument that takes a member's id as <c>harmony member list</c> prints it.</summary>
    private protected static Argument<ulong> IdArgument(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong id) && id != 0)
            {
                return id;
            }

            result.AddError($"'{text}' is not a member's id; harmony member list prints them, in hexadecimal.");
            return 0;
        },
    };

    /// <summary>An argument that takes the address of a member's remoting.</summary>
    private protected static Argument<string> AddressArgument() => new("RAFT-ADDRESS")
    {
        Description = "host:port at which the new node's remoting listens, just as its own configuration has it.",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (Uri.TryCreate("tcp://" + text, UriKind.Absolute, out Uri? url) && url.Port > 0 && url.AbsolutePath == "/" && url.Authority == text)
            {
                return text;
            }

            result.AddError($"'{text}' is not an address; write it as host:port, such as 10.0.0.4:4053.");
            return "";
        },
    };

    /// <summary>Prints the members, after a line that says what happened.</summary>
    private protected void Print(ParseResult arguments, string line, IReadOnlyList<Member> members)
    {
        if (Globals.Format(arguments) == OutputFormat.Json)
        {
            Host.Terminal.WriteLine(JsonReport.Members(members));
            return;
        }

        Host.Terminal.WriteLine(line);
        Host.Terminal.WriteTable(MemberListCommand.Columns, members.Select(MemberListCommand.Row));
    }
}
