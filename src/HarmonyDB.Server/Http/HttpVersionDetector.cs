using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace HarmonyDB.Server.Http;

/// <summary>
/// Lets HTTP/1.1 and HTTP/2 share a clear-text port. Without TLS there is no ALPN to choose by, and Kestrel takes such a connection for HTTP/1.1;
/// so this looks at the first bytes, which in HTTP/2 are always <c>PRI</c> (RFC 9113, section 3.4), and tells Kestrel in ALPN's place.
/// </summary>
internal sealed class HttpVersionDetector
{
    private readonly ConnectionDelegate _next;
    private readonly TimeSpan _patience;

    /// <param name="next">Kestrel's own handling.</param>
    /// <param name="patience">How long a connection may stay silent (S4, S5): Kestrel's timeouts start only after this.</param>
    public HttpVersionDetector(ConnectionDelegate next, TimeSpan patience)
    {
        _next = next;
        _patience = patience;
    }

    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        bool? isHttp2;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
            deadline.CancelAfter(_patience);
            isHttp2 = await IsHttp2Async(connection, deadline.Token);
        }
        catch (OperationCanceledException)
        {
            connection.Abort(new ConnectionAbortedException("Nothing was sent on the connection in time."));
            return;
        }
        catch (IOException)
        {
            // The peer reset the connection before saying anything: there is nobody left to tell.
            return;
        }

        if (isHttp2 is null)
        {
            return;
        }

        if (isHttp2.Value)
        {
            // Kestrel asks for the protocol only where it sees TLS, so it takes both features. Its side effect is a request scheme of https.
            connection.Features.Set<ITlsApplicationProtocolFeature>(Http2Protocol.Instance);
            connection.Features.Set<ITlsConnectionFeature>(Http2Protocol.Instance);
        }

        await _next(connection);
    }

    /// <returns>Null when the peer closed before it could be told.</returns>
    private static async Task<bool?> IsHttp2Async(ConnectionContext connection, CancellationToken cancellationToken)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var arrived = await input.ReadAsync(cancellationToken);
            var isHttp2 = StartsAsHttp2(arrived.Buffer);
            if (isHttp2 is not null || arrived.IsCompleted)
            {
                // Nothing is consumed nor marked as seen, so the next reader gets it all at once.
                input.AdvanceTo(arrived.Buffer.Start);
                return arrived.Buffer.IsEmpty ? null : isHttp2 ?? false;
            }

            input.AdvanceTo(arrived.Buffer.Start, arrived.Buffer.End);
        }
    }

    /// <returns>Null when too little has arrived.</returns>
    private static bool? StartsAsHttp2(ReadOnlySequence<byte> arrived)
    {
        var preface = "PRI"u8;
        Span<byte> start = stackalloc byte[preface.Length];
        start = start[..(int)Math.Min(arrived.Length, preface.Length)];
        arrived.Slice(0, start.Length).CopyTo(start);
        return !preface.StartsWith(start) ? false : start.Length == preface.Length ? true : null;
    }

    /// <summary>What a TLS handshake would have left behind. There was none: no certificate, and nothing is encrypted.</summary>
    private sealed class Http2Protocol : ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public static readonly Http2Protocol Instance = new();

        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => throw new NotSupportedException("A clear-text connection has no certificate.");
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken)
            => Task.FromResult<X509Certificate2?>(null);
    }
}
