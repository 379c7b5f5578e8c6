using Akka.Actor;
using Akka.Configuration;
using HarmonyDB.Client;
using HarmonyDB.Configuration;

namespace HarmonyDB.Server;

/// <summary>A whole node in this process: an ActorSystem of its own, the database in it, and the etcd API in front.</summary>
/// <remarks>An application that already runs an ActorSystem uses <see cref="HarmonyDb.Get"/> instead.</remarks>
public sealed class HarmonyNode : IAsyncDisposable
{
    private static readonly TimeSpan TerminateTimeout = TimeSpan.FromSeconds(10);

    private readonly ActorSystem _system;
    private readonly HarmonyDb _database;
    private readonly HarmonyServer _server;

    private HarmonyNode(ActorSystem system, HarmonyDb database, HarmonyServer server)
    {
        _system = system;
        _database = database;
        _server = server;
    }

    /// <summary>Where clients are served.</summary>
    public Uri ClientEndpoint => _server.Url;

    /// <summary>The database.</summary>
    public IHarmonyDb Database => _database;

    /// <summary>The settings it runs with.</summary>
    public HarmonySettings Settings => _database.Settings;

    /// <summary>Ends when the database has stopped, because it was asked to or because a part of it failed.</summary>
    public Task<NodeStopReason> Completion => _database.Completion;

    /// <summary>Starts a node.</summary>
    /// <param name="config">A <c>harmony</c> section, and an <c>akka</c> section if its defaults do not do; where remoting listens follows from the member's <c>raft-address</c>.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>Once clients are served. It may have no leader yet.</returns>
    /// <exception cref="ConfigurationProblemException">Settings are missing or wrong, or the raft address cannot be listened at.</exception>
    /// <exception cref="DataFolder.DataFolderException">The data folder is another node's, or damaged.</exception>
    /// <exception cref="Storage.Files.FileLockedException">Another process has the data folder.</exception>
    /// <exception cref="ListenException">The client address cannot be listened at.</exception>
    public static async Task<HarmonyNode> StartAsync(Config config, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        HarmonySettings settings = HarmonySettings.From(config);
        if (settings.Server.Listen is null)
        {
            throw new ConfigurationProblemException(
                $"Nothing says where clients are served. Give {settings.Name} client-urls in harmony.cluster.members, or set harmony.server.listen.");
        }

        ActorSystem system = CreateSystem(config, settings);
        try
        {
            HarmonyDb database = HarmonyDb.Get(system);
            HarmonyServer server = await HarmonyServer.StartAsync(database, new HarmonyServerOptions
            {
                Host = settings.Server.Listen.Host,
                Port = settings.Server.Listen.Port,
                Insecure = settings.Server.Insecure,
                MaxConnections = settings.Server.ConnectionsMaximum,
                MaxStreamsPerConnection = settings.Server.StreamsPerConnectionMaximum,
                MaxRequestBytes = settings.Limits.RequestBytesMaximum,
                MaxPendingRequests = settings.Limits.PendingRequestsMaximum,
            }, cancellationToken).ConfigureAwait(false);
            return new HarmonyNode(system, database, server);
        }
        catch
        {
            await TerminateAsync(system).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops serving, lets running requests finish, stops the database and the ActorSystem.</summary>
    public async Task StopAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await _database.StopAsync().ConfigureAwait(false);
        await TerminateAsync(_system).ConfigureAwait(false);
    }

    /// <summary>Stops as <see cref="StopAsync"/> does.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    private static Task TerminateAsync(ActorSystem system) => system.Terminate().WaitAsync(TerminateTimeout);

    private static ActorSystem CreateSystem(Config config, HarmonySettings settings)
    {
        int colon = settings.Self.RaftAddress.LastIndexOf(':');
        string defaults = $$"""
            akka {
              actor.provider = remote
              loglevel = INFO
              stdout-loglevel = WARNING
              log-dead-letters = off
              remote.dot-netty.tcp {
                hostname = "{{settings.Self.RaftAddress[..colon]}}"
                port = {{settings.Self.RaftAddress[(colon + 1)..]}}
                maximum-frame-size = {{Math.Max(settings.Limits.RequestBytesMaximum, settings.Raft.AppendBytesMaximum) + (1 << 20)}}b
              }
            }
            """;
        try
        {
            return ActorSystem.Create(settings.ActorSystemName, config.WithFallback(ConfigurationFactory.ParseString(defaults)).WithFallback(HarmonyConfig.Akka));
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Remoting could not listen: the address is in use, or not of this machine. The innermost exception says which.
            Exception cause = e.GetBaseException();
            throw new ConfigurationProblemException(
                $"The ActorSystem cannot start with raft-address {settings.Self.RaftAddress}: {cause.Message.TrimEnd('.')}. Stop what uses the port, or change this member's raft-address.");
        }
    }
}
