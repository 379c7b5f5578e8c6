using System.Net;
using System.Net.Sockets;
using System.Text;
using HarmonyDB.Cli.CommandLine;

namespace HarmonyDB.Cli.Playground;

/// <summary>Names, ports, folders and configurations of a playground's nodes.</summary>
internal sealed class PlaygroundLayout
{
    /// <summary>Distance between the ports of one node and of the next.</summary>
    public const int PortStep = 10;

    /// <summary>Most nodes: as many as a cluster has members at most.</summary>
    public const int MaxNodes = 7;

    /// <summary>Lays the nodes out.</summary>
    /// <exception cref="CommandException">The ports overlap or do not exist.</exception>
    public PlaygroundLayout(int nodes, string folder, int clientPort, int remotePort)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nodes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodes, MaxNodes);
        Folder = Path.GetFullPath(folder);
        var last = (nodes - 1) * PortStep;
        CheckRange("--client-port", clientPort, last);
        CheckRange("--remote-port", remotePort, last);
        Nodes = [.. Enumerable.Range(0, nodes).Select(i => new PlaygroundNodeLayout(
            $"n{i + 1}", clientPort + (i * PortStep), remotePort + (i * PortStep), Path.Combine(Folder, $"n{i + 1}")))];

        var clientPorts = Nodes.Select(node => node.ClientPort).ToHashSet();
        if (Nodes.FirstOrDefault(node => clientPorts.Contains(node.RemotePort)) is { } clash)
        {
            throw new CommandException(
                ExitCode.Usage,
                $"port {clash.RemotePort} would be both a client port and a raft port",
                $"--client-port and --remote-port at least {last + 1} apart");
        }
    }

    /// <summary>The folder of the playground, absolute.</summary>
    public string Folder { get; }

    /// <summary>The nodes in the order of their names.</summary>
    public IReadOnlyList<PlaygroundNodeLayout> Nodes { get; }

    /// <summary>The complete configuration of one node: what playground nodes share, then what is its own.</summary>
    public string ConfigOf(PlaygroundNodeLayout node)
    {
        var text = new StringBuilder();
        text.Append("# Written by harmony playground, and written anew each time it starts here.\n\n");
        text.Append(SharedConfig()).Append('\n');
        text.Append("harmony {\n");
        text.Append("  name = ").Append(node.Name).Append('\n');
        text.Append("  data-dir = ").Append(SettingOverride.Quote(node.DataFolder)).Append('\n');
        text.Append(MembersSetting());
        text.Append("}\n");
        return text.ToString();
    }

    /// <summary>Writes folders and configurations.</summary>
    /// <exception cref="CommandException">The folder holds a playground of another shape, or cannot be written.</exception>
    public void Write()
    {
        try
        {
            RefuseOtherShape();
            foreach (var node in Nodes)
            {
                Directory.CreateDirectory(node.Folder);
                File.WriteAllText(node.ConfigFile, ConfigOf(node));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(
                ExitCode.Failed, $"cannot write to {Folder}: {exception.Message}", "--dir with a folder that this user may write to", exception);
        }
    }

    /// <summary>Makes sure that every port is free, before any process is started.</summary>
    /// <exception cref="CommandException">One is in use.</exception>
    public void CheckPortsAreFree()
    {
        foreach (var node in Nodes)
        {
            CheckPortIsFree(node.ClientPort, $"the client port of {node.Name}", "--client-port");
            CheckPortIsFree(node.RemotePort, $"the raft port of {node.Name}", "--remote-port");
        }
    }

    private static void CheckRange(string option, int port, int last)
    {
        if (port < 1 || port + last > IPEndPoint.MaxPort)
        {
            throw new CommandException(
                ExitCode.Usage, $"{option} {port} leaves no valid port for every node", $"{option} between 1 and {IPEndPoint.MaxPort - last}");
        }
    }

    private static void CheckPortIsFree(int port, string whose, string option)
    {
        using var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
        }
        catch (SocketException exception)
        {
            throw new CommandException(
                ExitCode.Failed,
                $"port {port}, {whose}, cannot be used: {exception.Message}",
                $"{option} with another port (each next node takes one {PortStep} higher), or stopping what listens there",
                exception);
        }
    }

    private static string SharedConfig()
    {
        using var stream = typeof(PlaygroundLayout).Assembly.GetManifestResourceStream("HarmonyDB.Cli.playground.conf")
            ?? throw new InvalidOperationException("The program was built without playground.conf.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private string MembersSetting()
    {
        var text = new StringBuilder("  cluster.members = [\n");
        foreach (var node in Nodes)
        {
            text.Append("    { name = ").Append(node.Name)
                .Append(", raft-address = ").Append(SettingOverride.Quote(node.RaftAddress))
                .Append(", client-urls = [").Append(SettingOverride.Quote(node.ClientEndpoint.GetLeftPart(UriPartial.Authority))).Append("] }\n");
        }

        return text.Append("  ]\n").ToString();
    }

    /// <summary>After its birth a cluster keeps its members and addresses in its log; other ones in the file would not reach it.</summary>
    private void RefuseOtherShape()
    {
        if (!Directory.Exists(Folder))
        {
            return;
        }

        var members = MembersSetting();
        foreach (var config in Directory.EnumerateDirectories(Folder, "n?").Select(folder => Path.Combine(folder, "node.conf")).Where(File.Exists))
        {
            if (!File.ReadAllText(config).Contains(members, StringComparison.Ordinal))
            {
                throw new CommandException(
                    ExitCode.Usage,
                    $"{Folder} holds a playground with other ports or another number of nodes",
                    $"the options it was made with ({config} shows its members), or another --dir");
            }
        }
    }
}
