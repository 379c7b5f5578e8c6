using Akka.Configuration;
using Akka.Util;

namespace Akka.Actor;

/// <summary>The configuration of a system, given from code.</summary>
public sealed class BootstrapSetup : Setup.Setup
{
    private BootstrapSetup(Config? config) => Config = config is null ? Option<Config>.None : new Option<Config>(config);
    public Option<Config> Config { get; }
    public static BootstrapSetup Create() => new(null);
    public BootstrapSetup WithConfig(Config config) => new(config);
    public BootstrapSetup WithConfigFallback(Config config) => new(Config.HasValue ? Config.Value.WithFallback(config) : config);
}
