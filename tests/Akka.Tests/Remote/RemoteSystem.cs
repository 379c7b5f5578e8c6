using Akka.Actor;
using Akka.Configuration;

namespace Akka.Tests.Remote;

/// <summary>Actor systems that talk over loopback, and know <see cref="Note"/>.</summary>
internal static class RemoteSystem
{
    public static Config Config(int port = 0, string more = "") => ConfigurationFactory.ParseString($$"""
        akka {
          loglevel = INFO
          actor {
            provider = remote
            serializers.note = "Akka.Tests.Remote.NoteSerializer, Akka.Tests"
            serialization-bindings { "Akka.Tests.Remote.Note, Akka.Tests" = note }
          }
          remote {
            retry-gate-closed-for = 200ms
            dot-netty.tcp { hostname = "127.0.0.1", port = {{port}} }
          }
        }
        """).WithFallback(ConfigurationFactory.ParseString(more));

    public static ActorSystem Create(string name, int port = 0, string more = "") => ActorSystem.Create(
        name, ConfigurationFactory.ParseString(more).WithFallback(Config(port)).WithFallback(Akka.TestKit.Configs.TestConfigs.DefaultConfig));

    public static Address AddressOf(ActorSystem system) => ((ExtendedActorSystem)system).Provider.DefaultAddress;

    public static string PathOf(ActorSystem system, string path) => AddressOf(system) + path;
}
