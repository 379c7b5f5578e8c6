namespace HarmonyDB.Storage.Files;

/// <summary>A write or flush failed for a reason other than space. Nothing after it can be trusted to be durable: stop, and restart to recover.</summary>
public sealed class DeviceFailedException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="operation">The system call or operation, such as <c>fdatasync</c>.</param>
    /// <param name="path">The file or directory.</param>
    /// <param name="errorNumber">The system's error number (<c>errno</c>).</param>
    public DeviceFailedException(string operation, string path, int errorNumber)
        : base($"{operation} failed on '{path}' with error {errorNumber} ({System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errorNumber)}). "
            + "Writes to it are refused from now on. Check the disk, then restart the process: it recovers what was acknowledged.")
    {
        Operation = operation;
        Path = path;
        ErrorNumber = errorNumber;
    }

    /// <summary>The system call or operation that failed.</summary>
    public string Operation { get; }

    /// <summary>The file or directory.</summary>
    public string Path { get; }

    /// <summary>The system's error number.</summary>
    public int ErrorNumber { get; }
}
