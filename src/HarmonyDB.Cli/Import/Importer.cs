using System.Diagnostics;
using System.Threading.Channels;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Output;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Import;

/// <summary>Writes records as keys with a bounded number of puts under way, sending those again that an election got in the way of.</summary>
/// <remarks>
/// A put whose outcome is unknown is sent again: the same value under the same key does no harm. Records with the same key go through the
/// same lane, one after the other, so that the last line of a file wins. (A put that was given up as unknown and arrives after all can still
/// overtake a later line with the same key; plain etcd requests have no sessions that would rule this out.)
/// </remarks>
internal sealed class Importer
{
    /// <summary>Records waiting in each lane: enough to keep it busy, few enough to bound memory.</summary>
    private const int LaneDepth = 4;

    private readonly IStoreClient _client;
    private readonly int _concurrency;
    private readonly RetryPolicy _retry;
    private readonly Func<TimeSpan, CancellationToken, Task> _pause;
    private long _written;
    private long _retries;

    /// <summary>Creates an importer.</summary>
    /// <param name="client">The cluster.</param>
    /// <param name="concurrency">Puts under way at a time, at least 1.</param>
    /// <param name="retry">How to try again.</param>
    /// <param name="pause">Waits; <see cref="Task.Delay(TimeSpan, CancellationToken)"/> outside tests.</param>
    public Importer(IStoreClient client, int concurrency, RetryPolicy retry, Func<TimeSpan, CancellationToken, Task> pause)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        _client = client;
        _concurrency = concurrency;
        _retry = retry;
        _pause = pause;
    }

    /// <summary>Writes all records of a reader. Used once.</summary>
    /// <exception cref="RequestFailedException">A record could not be written after all attempts; the message names its line.</exception>
    public async Task<ImportSummary> RunAsync(DelimitedReader reader, Action<TransferProgress> report, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lanes = new Channel<DelimitedRecord>[_concurrency];
        var workers = new Task[_concurrency];
        for (var lane = 0; lane < _concurrency; lane++)
        {
            lanes[lane] = Channel.CreateBounded<DelimitedRecord>(new BoundedChannelOptions(LaneDepth) { SingleReader = true, SingleWriter = true });
            workers[lane] = WriteLaneAsync(lanes[lane].Reader, stopping);
        }

        try
        {
            await foreach (var record in reader.ReadAsync(stopping.Token))
            {
                await lanes[LaneOf(record.Key)].Writer.WriteAsync(record, stopping.Token);
                report(new TransferProgress(Interlocked.Read(ref _written), reader.BytesRead));
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // A lane failed and stopped the others; its exception is the one that counts, and comes from awaiting it below.
        }
        finally
        {
            foreach (var lane in lanes)
            {
                lane.Writer.Complete();
            }
        }

        await ThrowFirstFailureAsync(workers);
        cancellationToken.ThrowIfCancellationRequested();
        report(new TransferProgress(_written, reader.BytesRead));
        return new ImportSummary(_written, _retries, reader.BadLineCount, reader.FirstBadLines, clock.Elapsed);
    }

    private static async Task ThrowFirstFailureAsync(Task[] workers)
    {
        var all = Task.WhenAll(workers);
        await all.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (workers.FirstOrDefault(worker => worker.IsFaulted) is { } faulted)
        {
            await faulted;
        }

        await all;
    }

    private int LaneOf(ReadOnlySpan<byte> key)
    {
        var hash = default(HashCode);
        hash.AddBytes(key);
        return (int)((uint)hash.ToHashCode() % (uint)_concurrency);
    }

    private async Task WriteLaneAsync(ChannelReader<DelimitedRecord> lane, CancellationTokenSource stopping)
    {
        try
        {
            await foreach (var record in lane.ReadAllAsync(stopping.Token))
            {
                await WriteAsync(record, stopping.Token);
                Interlocked.Increment(ref _written);
            }
        }
        catch (RequestFailedException)
        {
            await stopping.CancelAsync();
            throw;
        }
    }

    private async Task WriteAsync(DelimitedRecord record, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _client.PutAsync(new PutRequest(record.Key, record.Value), cancellationToken);
                return;
            }
            catch (RequestFailedException exception) when (exception.IsTransient && attempt < _retry.MaxAttempts)
            {
                Interlocked.Increment(ref _retries);
                await _pause(_retry.PauseAfter(attempt), cancellationToken);
            }
            catch (RequestFailedException exception)
            {
                var attempts = attempt == 1 ? "" : $" after {attempt} attempts";
                throw new RequestFailedException(
                    exception.Failure, $"line {record.LineNumber} could not be written{attempts}: {exception.Message}", exception);
            }
        }
    }
}
