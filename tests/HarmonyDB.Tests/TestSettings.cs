using Akka.Configuration;
using HarmonyDB.Configuration;
using Xunit;

namespace HarmonyDB.Tests;

/// <summary>Settings of a node of three that are right, to make one thing wrong at a time.</summary>
internal static class TestSettings
{
    public const string Text = """
        harmony {
          name = n1
          data-dir = "/simulated/n1"
          cluster.members = [
            { name = n1, raft-address = "127.0.0.1:4053", client-urls = ["http://127.0.0.1:2379"] }
            { name = n2, raft-address = "127.0.0.1:4063" }
            { name = n3, raft-address = "127.0.0.1:4073" }
          ]
        }
        """;

    /// <summary>The settings with some replaced.</summary>
    /// <param name="replacements">HOCON that is laid over them.</param>
    public static HarmonySettings Read(string replacements = "") => HarmonySettings.From(Parse(replacements));

    public static Config Parse(string replacements) => ConfigurationFactory.ParseString(Text + "\n" + replacements);

    /// <summary>What is wrong with the settings once these are replaced. Every problem is in the message.</summary>
    public static IReadOnlyList<string> Problems(string replacements)
    {
        ConfigurationProblemException exception = Assert.Throws<ConfigurationProblemException>(() => Read(replacements));
        Assert.All(exception.Problems, p => Assert.Contains(p, exception.Message, StringComparison.Ordinal));
        return exception.Problems;
    }

    /// <summary>The one thing that is wrong.</summary>
    public static string Problem(string replacements) => Assert.Single(Problems(replacements));
}
