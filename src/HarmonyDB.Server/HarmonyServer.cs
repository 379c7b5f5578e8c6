using System.Net;
using System.Net.Sockets;
using HarmonyDB.Client;
using HarmonyDB.Server.Grpc;
using HarmonyDB.Server.Http;
using HarmonyDB.Server.Services;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace HarmonyDB.Server;

/// <summary>
/// Serves a database to etcd v3 clients: gRPC over HTTP/2, and <c>/health</c> and <c>/version</c> over HTTP/1.1 or HTTP/2, on one clear-text port.
/// </summary>
/// <remarks>
/// It owns its port and nothing else: the database is the caller's, and outlives it. It reads no environment variable and handles no signal, so it can be
/// hosted inside any process. Safe for use from any thread.
/// </remarks>
public sealed class HarmonyServer : IAsyncDisposable
{
    // What a message may have beside the request's own bytes. The same as etcd's, so that the same request is refused in the same way.
    private const int MessageOverheadBytes = 512 * 1024;

    private readonly KestrelServer _kestrel;
    private readonly TimeSpan _stopTimeout;

    private HarmonyServer(KestrelServer kestrel, IPEndPoint endpoint, TimeSpan stopTimeout)
    {
        _kestrel = kestrel;
        _stopTimeout = stopTimeout;
        Endpoint = endpoint;
    }

    /// <summary>Where it listens; the port is the real one when port 0 was asked for.</summary>
    public IPEndPoint Endpoint { get; }

    /// <summary><see cref="Endpoint"/> as a client takes it.</summary>
    public Uri Url => new($"http://{Endpoint}");

    /// <summary>Starts listening.</summary>
    /// <param name="database">What it serves.</param>
    /// <param name="options">Where and how.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <returns>Once connections are accepted.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ListenException">The address is taken, not of this machine, not allowed, or not loopback without <see cref="HarmonyServerOptions.Insecure"/>.</exception>
    public static async Task<HarmonyServer> StartAsync(IHarmonyDb database, HarmonyServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfOutOfRange();
        var endpoint = new IPEndPoint(await ResolveAsync(options.Host, cancellationToken), options.Port);
        if (!options.Insecure && !IPAddress.IsLoopback(endpoint.Address))
        {
            // S19: nothing insecure starts silently.
            throw new ListenException(
                $"{endpoint} can be reached from other machines, and this version has neither TLS nor login. "
                + "Listen on 127.0.0.1, or set harmony.server.insecure = on if everyone who can reach the port may read and write everything.");
        }

        var loggers = new QuietLoggerFactory(options.LoggerFactory ?? NullLoggerFactory.Instance);
        var kestrel = CreateKestrel(endpoint, options, loggers);
        try
        {
            await kestrel.StartAsync(CreateApplication(database, options, loggers), cancellationToken);
            return new HarmonyServer(kestrel, BoundEndpoint(kestrel), options.StopTimeout);
        }
        catch (Exception exception)
        {
            kestrel.Dispose();
            if (ToListenException(endpoint, exception) is { } refused)
            {
                throw refused;
            }

            throw;
        }
    }

    /// <summary>
    /// Stops: no new connections and requests at once; running requests have up to <see cref="HarmonyServerOptions.StopTimeout"/> to finish and are then cut off.
    /// </summary>
    /// <param name="cancellationToken">Cuts off running requests at once.</param>
    /// <returns>Once the port is free. May be called again; the later calls find nothing to do.</returns>
    public async Task StopAsync(CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_stopTimeout);
        await _kestrel.StopAsync(deadline.Token);
    }

    /// <summary>Stops as <see cref="StopAsync"/> does, and releases everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _kestrel.Dispose();
    }

    private static async Task<IPAddress> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return address;
        }

        if (string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            return IPAddress.Loopback;
        }

        if (host == "*")
        {
            // One socket for both where the system has IPv6.
            return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        }

        try
        {
            return (await Dns.GetHostAddressesAsync(host, cancellationToken))[0];
        }
        catch (SocketException exception)
        {
            throw new ListenException($"The name {host} has no address ({exception.SocketErrorCode}). Give an IP address of this machine.", exception);
        }
    }

    private static KestrelServer CreateKestrel(IPEndPoint endpoint, HarmonyServerOptions options, ILoggerFactory loggers)
    {
        var kestrelOptions = new KestrelServerOptions
        {
            AddServerHeader = false,

            // HttpVersionDetector makes Kestrel expect the scheme https, and clients without TLS name http.
            AllowAlternateSchemes = true,
            ApplicationServices = new LoggerServices(loggers),
        };
        kestrelOptions.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrelOptions.Limits.MaxConcurrentUpgradedConnections = 0;
        kestrelOptions.Limits.MaxRequestBodySize = options.MaxRequestBytes + MessageOverheadBytes;
        kestrelOptions.Limits.RequestHeadersTimeout = options.RequestHeadersTimeout;
        kestrelOptions.Limits.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;

        // A peer that vanished without a word gives its connection back within a minute.
        kestrelOptions.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        kestrelOptions.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        kestrelOptions.Listen(endpoint, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.Use(next => new HttpVersionDetector(next, options.RequestHeadersTimeout).OnConnectionAsync);
        });
        return new KestrelServer(
            Options.Create(kestrelOptions), new SocketTransportFactory(Options.Create(new SocketTransportOptions()), loggers), loggers);
    }

    private static RequestApplication CreateApplication(IHarmonyDb database, HarmonyServerOptions options, ILoggerFactory loggers)
    {
        var methods = EtcdApi.CreateMethods(database);
        var grpc = new GrpcDispatcher(
            methods,
            EtcdErrors.ToStatus,
            options.MaxRequestBytes + MessageOverheadBytes,
            options.MaxPendingRequests,
            loggers.CreateLogger<HarmonyServer>());
        return new RequestApplication(methods, grpc, new HttpEndpoints(database, options.HealthTimeout));
    }

    private static IPEndPoint BoundEndpoint(KestrelServer kestrel)
    {
        var address = kestrel.Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return IPEndPoint.Parse(new Uri(address).Authority);
    }

    private static ListenException? ToListenException(IPEndPoint endpoint, Exception exception)
    {
        // Kestrel wraps only "in use"; the rest comes as the socket gave it.
        var error = (exception as SocketException ?? exception.InnerException as SocketException ?? exception.InnerException?.InnerException as SocketException)
            ?.SocketErrorCode;
        if (error is null && exception.InnerException is AddressInUseException)
        {
            error = SocketError.AddressAlreadyInUse;
        }

        var reason = error switch
        {
            SocketError.AddressAlreadyInUse =>
                "another program has the port. Stop it (an etcd or another node, perhaps), or choose another port in harmony.server.listen.",
            SocketError.AccessDenied => "the user may not take this port. Choose one from 1024 up in harmony.server.listen.",
            SocketError.AddressNotAvailable => "this machine has no such address. Set harmony.server.listen to one that it has.",
            null => null,
            _ => $"the system refused ({error}). Check harmony.server.listen.",
        };
        return reason is null ? null : new ListenException($"Cannot listen at {endpoint}: {reason}", exception);
    }

    /// <summary>All that Kestrel asks of a service container here.</summary>
    private sealed class LoggerServices : IServiceProvider
    {
        private readonly ILoggerFactory _loggers;

        public LoggerServices(ILoggerFactory loggers)
        {
            _loggers = loggers;
        }

        public object? GetService(Type serviceType) => serviceType == typeof(ILoggerFactory) ? _loggers : null;
    }
}
