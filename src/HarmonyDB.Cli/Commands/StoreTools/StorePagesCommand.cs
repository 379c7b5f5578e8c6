using System.CommandLine;
using System.Text;
using HarmonyDB.Cli.CommandLine;
using HarmonyDB.Cli.Output;
using HarmonyDB.Storage.Tools;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.Cli.Commands.StoreTools;

/// <summary><c>harmony store pages</c>: the pages of a store file one by one, or the bytes of one.</summary>
internal sealed class StorePagesCommand(CommandHost host, GlobalOptions globals) : StoreToolCommand(host, globals)
{
    private const int BytesPerLine = 16;

    private readonly Option<long> _from = new("--from") { Description = "The first page to list.", HelpName = "PAGE" };
    private readonly Option<long> _limit = new("--limit") { Description = "Most pages to list.", HelpName = "N", DefaultValueFactory = _ => 1000 };
    private readonly Option<long?> _page = new("--page") { Description = "Print the bytes of this page instead.", HelpName = "PAGE" };

    /// <inheritdoc/>
    public override string[] Examples =>
        ["harmony store pages data/store.hdb", "harmony store pages data/store.hdb --from 1000 --limit 50 -w json", "harmony store pages data/store.hdb --page 17"];

    /// <inheritdoc/>
    public override string Notes =>
        "A page is listed as what its bytes say if its checksum is right, whether anything points to it or not. 'unknown' is a page that was\n"
        + "never written, lies inside of a large value, or is damaged. The node that runs on the file must be stopped.";

    /// <inheritdoc/>
    protected override Command DescribeBeyondFile()
    {
        _from.Refuse(from => from < 0, "--from must not be negative.");
        _limit.Refuse(limit => limit < 1, "--limit must be at least 1.");
        return new Command("pages", "Lists the pages of a store file, also of one that does not open.") { _from, _limit, _page };
    }

    /// <inheritdoc/>
    protected override Task<int> RunAsync(string path, ParseResult arguments, CancellationToken cancellationToken)
    {
        using var pages = StorePages.Open(path, Disk);
        if (arguments.GetValue(_page) is { } page)
        {
            if (page < 0 || page >= pages.Count)
            {
                throw new CommandException(ExitCode.Usage, $"there is no page {page}; the file has {pages.Count}");
            }

            PrintBytes(pages.Bytes(new PageId((ulong)page)));
            return Task.FromResult(ExitCode.Success);
        }

        var last = Math.Min(pages.Count, arguments.GetValue(_from) + Math.Min(arguments.GetValue(_limit), pages.Count));
        var listed = new List<PageInfo>();
        for (var id = arguments.GetValue(_from); id < last; id++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            listed.Add(pages.Describe(new PageId((ulong)id)));
        }

        if (IsJson(arguments))
        {
            Terminal.WriteLine(Json(pages, listed));
            return Task.FromResult(ExitCode.Success);
        }

        Terminal.WriteTable(
            [">page", "kind", ">level", ">entries", ">bytes", ">transaction"],
            listed.Select(info => (IReadOnlyList<string>)[
                $"{info.Page}", Name(info.Kind), $"{info.Level}", ByteText.Number(info.EntryCount), ByteText.Number(info.UsedBytes), $"{info.TxId}",
            ]));
        return Task.FromResult(ExitCode.Success);
    }

    private static string Name(PageKind kind) => kind switch
    {
        PageKind.Overflow => "large value",
        PageKind.SpaceMap => "space map",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Json(StorePages pages, List<PageInfo> listed) => JsonReport.Write(json =>
    {
        JsonReport.Number(json, "page_size", pages.PageSizeBytes);
        JsonReport.Number(json, "page_count", pages.Count);
        json.WriteStartArray("pages");
        foreach (var info in listed)
        {
            json.WriteStartObject();
            JsonReport.Number(json, "page", info.Page.Value);
            json.WriteString("kind", Name(info.Kind));
            JsonReport.Number(json, "level", info.Level);
            JsonReport.Number(json, "entries", info.EntryCount);
            JsonReport.Number(json, "bytes", info.UsedBytes);
            JsonReport.Number(json, "transaction", info.TxId.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private void PrintBytes(ReadOnlySpan<byte> bytes)
    {
        for (var offset = 0; offset < bytes.Length; offset += BytesPerLine)
        {
            var line = bytes.Slice(offset, BytesPerLine);
            var text = new StringBuilder();
            foreach (var value in line)
            {
                text.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
            }

            Terminal.WriteLine($"{offset:x5}  {Convert.ToHexStringLower(line)}  {text}");
        }
    }
}
