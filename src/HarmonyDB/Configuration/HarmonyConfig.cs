using System.Text;
using Akka.Configuration;
using Hocon;

namespace HarmonyDB.Configuration;

/// <summary>Reads configuration files and knows the defaults.</summary>
public static class HarmonyConfig
{
    private const int FileBytesMaximum = 1 << 20;

    /// <summary>The text of <c>hocon/reference.conf</c>: every setting with its default.</summary>
    public static string ReferenceText { get; } = ReadReference();

    /// <summary>Every setting with its default.</summary>
    public static Config Reference { get; } = ConfigurationFactory.ParseString(ReferenceText);

    /// <summary>
    /// What an ActorSystem with a HarmonyDB node wants in its <c>akka</c> section: the serializer of what travels between nodes. A node registers it
    /// itself when it starts; a system created with this as a fallback understands peers from the first moment.
    /// </summary>
    public static Config Akka { get; } = ConfigurationFactory.ParseString("""
        akka.actor {
          serializers.harmony-peers = "HarmonyDB.Messages.PeerSerializer, HarmonyDB"
          serialization-bindings {
            "HarmonyDB.Messages.PeerFrame, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.Greeting, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.GreetingAnswer, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.ForwardedBatch, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.ForwardedBatchAnswer, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.SnapshotChunk, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.SnapshotAnswer, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.ForwardedChange, HarmonyDB" = harmony-peers
            "HarmonyDB.Messages.ForwardedChangeAnswer, HarmonyDB" = harmony-peers
          }
          serialization-identifiers."HarmonyDB.Messages.PeerSerializer, HarmonyDB" = 4053
        }
        """);

    /// <summary>
    /// Reads a HOCON file. <c>include "other.conf"</c> is relative to the folder of the file given, in included files too; <c>${?NAME}</c> is looked up in
    /// the file and then in the environment.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <returns>What the file says, without defaults.</returns>
    /// <exception cref="ConfigurationProblemException">The file, or one it includes, cannot be read or is not HOCON.</exception>
    public static Config Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string fullPath = Path.GetFullPath(path);
        string directory = Path.GetDirectoryName(fullPath)!;
        try
        {
            HoconRoot root = HoconParser.Parse(ReadFile(fullPath), (_, name) => Task.FromResult(ReadFile(Path.Combine(directory, name))));
            return ConfigurationFactory.ParseString(root.ToString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConfigurationProblemException($"The configuration file '{fullPath}' cannot be read: {e.Message} Check the path and its permissions.");
        }
        catch (HoconParserException e)
        {
            throw new ConfigurationProblemException($"The configuration file '{fullPath}' is not valid HOCON: {e.Message}");
        }
    }

    private static string ReadFile(string path)
    {
        var info = new FileInfo(path);
        return info.Exists && info.Length > FileBytesMaximum
            ? throw new IOException($"'{path}' is larger than {FileBytesMaximum} bytes.")
            : File.ReadAllText(path, Encoding.UTF8);
    }

    private static string ReadReference()
    {
        using Stream stream = typeof(HarmonyConfig).Assembly.GetManifestResourceStream("HarmonyDB.reference.conf")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
