using System.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HarmonyDB.Cli.Output;

/// <summary>The output and error streams of a command. Colours, boxes and moving things appear only when the output is a terminal.</summary>
/// <remarks>Not safe for concurrent use.</remarks>
internal sealed class Terminal
{
    /// <summary>Wide enough that nothing is folded when a program reads it.</summary>
    private const int UnboundedWidth = 2000;

    public Terminal(TextWriter output, TextWriter error, bool isInteractive)
    {
        Out = output;
        Error = error;
        IsInteractive = isInteractive;
        Ansi = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isInteractive ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = isInteractive ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = isInteractive ? InteractionSupport.Detect : InteractionSupport.No,
            Out = new AnsiConsoleOutput(output),
        });
        if (!isInteractive)
        {
            Ansi.Profile.Width = UnboundedWidth;
        }
    }

    /// <summary>Results.</summary>
    public TextWriter Out { get; }

    /// <summary>Errors and remarks.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person looks at the output.</summary>
    public bool IsInteractive { get; }

    /// <summary>The output as Spectre sees it.</summary>
    public IAnsiConsole Ansi { get; }

    /// <summary>The streams of this process.</summary>
    public static Terminal System()
    {
        Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        return new Terminal(Console.Out, Console.Error, !Console.IsOutputRedirected);
    }

    /// <summary>Prints a line of results.</summary>
    public void WriteLine(string line) => Out.WriteLine(line);

    /// <summary>Says what went wrong.</summary>
    public void WriteError(string what) => Error.WriteLine("error: " + what);

    /// <summary>Says what to do about it; nothing when there is nothing to say.</summary>
    public void WriteRemedy(string remedy)
    {
        if (remedy.Length > 0)
        {
            Error.WriteLine("  try: " + remedy);
        }
    }

    /// <summary>Prints a table: boxed on a terminal, bare aligned columns elsewhere. Cells are taken literally.</summary>
    /// <param name="columns">Headings; one that begins with <c>&gt;</c> is aligned to the right.</param>
    /// <param name="rows">Cells, as many in each row as there are headings.</param>
    public void WriteTable(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = IsInteractive ? TableBorder.Rounded : TableBorder.None };
        foreach (var column in columns)
        {
            var isNumber = column.StartsWith('>');
            table.AddColumn(new TableColumn(new Text(isNumber ? column[1..] : column)) { Alignment = isNumber ? Justify.Right : Justify.Left });
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => (IRenderable)new Text(cell)));
        }

        Ansi.Write(table);
    }
}
