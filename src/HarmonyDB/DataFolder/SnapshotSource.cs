using System.Buffers;
using System.IO.Pipelines;
using HarmonyDB.Raft;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB.DataFolder;

/// <summary>
/// A pinned state of the store as a stream that is read part by part. A thread of its own writes the stream and waits when nobody reads: it is never more
/// than a few parts ahead, however large the store.
/// </summary>
/// <remarks>One read at a time; otherwise safe for use from any thread. While it is open the store keeps the pages of the state.</remarks>
internal sealed class SnapshotSource : IDisposable
{
    private const int PauseBytes = 256 << 10;
    private const int PieceBytes = 64 << 10;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: PauseBytes, resumeWriterThreshold: PauseBytes / 2, useSynchronizationContext: false));
    private readonly CancellationTokenSource _closed = new();

    /// <summary>Pins the newest state.</summary>
    /// <exception cref="TooManyReadersException">All readers are in use.</exception>
    public SnapshotSource(Store store)
    {
        ReadTransaction state = store.BeginRead("snapshot");
        Index = new LogIndex(state.Mark);
        _ = Task.Factory.StartNew(() => Write(store, state), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>What the state has applied.</summary>
    public LogIndex Index { get; }

    /// <summary>Reads the next part.</summary>
    /// <param name="maximumBytes">Most bytes.</param>
    /// <returns>The part, and whether it is the last; the last may be empty.</returns>
    /// <exception cref="OperationCanceledException">The source was disposed.</exception>
    /// <exception cref="StoreDamagedException">A page is damaged.</exception>
    public async Task<(byte[] Data, bool IsEnd)> ReadAsync(int maximumBytes)
    {
        ReadResult result = await _pipe.Reader.ReadAtLeastAsync(maximumBytes, _closed.Token).ConfigureAwait(false);
        ReadOnlySequence<byte> data = result.Buffer.Slice(0, Math.Min(maximumBytes, result.Buffer.Length));
        byte[] bytes = data.ToArray();
        bool isEnd = result.IsCompleted && bytes.Length == result.Buffer.Length;
        _pipe.Reader.AdvanceTo(data.End);
        return (bytes, isEnd);
    }

    /// <summary>Lets go of the state.</summary>
    public void Dispose() => _closed.Cancel();

    private void Write(Store store, ReadTransaction state)
    {
        Exception? failure = null;
        try
        {
            using (state)
            {
                using var stream = new PipeStream(_pipe.Writer, _closed.Token);
                StoreSnapshot.Write(store, state, stream, _closed.Token);
            }
        }
        catch (Exception e)
        {
            // Whoever reads next gets it: damage stops the node, the end of the transfer does not.
            failure = e;
        }

        _pipe.Writer.Complete(failure);
    }

    private sealed class PipeStream(PipeWriter writer, CancellationToken closed) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException("This stream only writes.");

        public override long Position
        {
            get => throw new NotSupportedException("This stream only writes.");
            set => throw new NotSupportedException("This stream only writes.");
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        // The thread is the stream's own, so that it may wait here for a reader. A large value comes in one piece and is not to be in memory as one.
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                ReadOnlySpan<byte> piece = buffer[..Math.Min(buffer.Length, PieceBytes)];
                writer.Write(piece);
                writer.FlushAsync(closed).AsTask().GetAwaiter().GetResult();
                buffer = buffer[piece.Length..];
            }
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream only writes.");

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream only writes.");

        public override void SetLength(long value) => throw new NotSupportedException("This stream only writes.");
    }
}
