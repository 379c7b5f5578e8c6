using System.Globalization;

namespace HarmonyDB.Cli.Playground;

/// <summary>Where one node of a playground lives.</summary>
/// <param name="Name">Its name: n1, n2 …</param>
/// <param name="ClientPort">Where clients reach it, on loopback.</param>
/// <param name="RemotePort">Where its peers reach it, on loopback.</param>
/// <param name="Folder">Its folder, absolute.</param>
internal sealed record PlaygroundNodeLayout(string Name, int ClientPort, int RemotePort, string Folder)
{
    /// <summary>The endpoint for clients.</summary>
    public Uri ClientEndpoint => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ClientPort}"));

    /// <summary>The address for peers.</summary>
    public string RaftAddress => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{RemotePort}");

    /// <summary>Its configuration.</summary>
    public string ConfigFile => Path.Combine(Folder, "node.conf");

    /// <summary>What it writes to its output and error streams.</summary>
    public string LogFile => Path.Combine(Folder, "node.log");

    /// <summary>Its data.</summary>
    public string DataFolder => Path.Combine(Folder, "data");
}
