using System.Collections.Concurrent;
using System.Globalization;
using Akka.Configuration;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;

namespace HarmonyDB.Simulation;

/// <summary>The settings of simulated nodes, read as those of real ones are, but for the list of members. Reading takes long, so once for each.</summary>
internal static class NodeSettings
{
    /// <summary>Largest entry that the log takes.</summary>
    public const int EntryBytesMaximum = (4 << 10) + NodeFiles.RequestOverheadBytes;

    private static readonly ConcurrentDictionary<int, HarmonySettings> Known = new();

    /// <summary>The settings of a node.</summary>
    /// <param name="number">Which one, from 0.</param>
    public static HarmonySettings Of(int number) => Known.GetOrAdd(number, Read);

    /// <summary>The name of a node.</summary>
    public static string NameOf(int number) => string.Create(CultureInfo.InvariantCulture, $"n{number + 1}");

    /// <summary>The address of a node.</summary>
    public static string AddressOf(int number) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{4001 + number}");

    private static HarmonySettings Read(int number) => HarmonySettings.From(ConfigurationFactory.ParseString($$"""
        harmony {
          name = {{NameOf(number)}}
          data-dir = "/simulated/{{NameOf(number)}}"
          cluster.members = [{ name = {{NameOf(number)}}, raft-address = "{{AddressOf(number)}}" }]
          limits.max-request-bytes = 4KiB
          raft.max-append-bytes = 4KiB
          log.segment-bytes = 128KiB
          store.max-readers = 16
        }
        """));
}
