using HarmonyDB.Storage.Files;

namespace HarmonyDB.Faults.IoErrors;

/// <summary>
/// A disk of which one call fails, with what <see cref="SystemDisk"/> makes of the error: lack of space is told and can pass; whatever else a write or flush answers latches
/// the disk; signals and short counts are dealt with by going on, except in a flush, of which nobody can say what it did.
/// </summary>
/// <param name="inner">The disk behind it.</param>
/// <param name="failingCall">Number of the call that fails, from 1; 0 for none.</param>
/// <param name="error">How.</param>
internal sealed class ErrorDisk(SimulatedDisk inner, int failingCall, InjectedError error) : InterceptingDisk(inner)
{
    private DeviceFailedException? _failure;

    public override DeviceFailedException? Failure => _failure;

    /// <summary>Number of calls so far, those included that were refused.</summary>
    public int Calls { get; private set; }

    /// <summary>What the failing call was, or null as long as it has not come.</summary>
    public DiskOperationKind? FailedKind { get; private set; }

    /// <summary>Whether a file or directory was flushed after the device had failed.</summary>
    public bool HasFlushedAfterFailure { get; private set; }

    protected override void Change(DiskOperationKind kind, string path, Action change)
    {
        ThrowIfFailed();
        if (IsDue(kind))
        {
            if (kind == DiskOperationKind.Flush)
            {
                DropUnflushed(change);
            }

            if (kind is DiskOperationKind.Flush or DiskOperationKind.FlushDirectory || error is InjectedError.InputOutput or InjectedError.ReadOnly)
            {
                Fail(kind, path);
            }

            if (error is InjectedError.NoSpace or InjectedError.Quota)
            {
                throw new DiskFullException(path, 0);
            }
        }

        HasFlushedAfterFailure |= _failure is not null;
        change();
    }

    protected override void Write(IDiskFile file, long offset, ReadOnlySpan<byte> source)
    {
        ThrowIfFailed();
        if (!IsDue(DiskOperationKind.Write))
        {
            file.Write(offset, source);
            return;
        }

        file.Write(offset, source[..(source.Length / 2)]);
        switch (error)
        {
            case InjectedError.InputOutput or InjectedError.ReadOnly:
                Fail(DiskOperationKind.Write, file.Path);
                break;
            case InjectedError.NoSpace or InjectedError.Quota:
                throw new DiskFullException(file.Path, offset + source.Length);
            default:
                file.Write(offset + (source.Length / 2), source[(source.Length / 2)..]);
                break;
        }
    }

    private bool IsDue(DiskOperationKind kind)
    {
        if (++Calls != failingCall)
        {
            return false;
        }

        FailedKind = kind;
        return true;
    }

    /// <summary>What a kernel does with the data when a flush fails: it counts as clean and never reaches the device (W8).</summary>
    private void DropUnflushed(Action flush)
    {
        Inner.InjectFault(DiskOperationKind.Flush, 1, DiskFault.DeviceError);
        try
        {
            flush();
        }
        catch (DeviceFailedException exception)
        {
            _failure = exception;
        }
    }

    private void Fail(DiskOperationKind kind, string path)
    {
        _failure = new DeviceFailedException(kind.ToString(), path, (int)error);
        throw _failure;
    }

    private void ThrowIfFailed()
    {
        if (_failure is not null)
        {
            throw _failure;
        }
    }
}
