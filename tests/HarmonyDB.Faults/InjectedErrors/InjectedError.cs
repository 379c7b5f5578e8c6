using System.Globalization;

namespace HarmonyDB.Faults.InjectedErrors;

/// <summary>An error that a system call fails with once in each thread, without having been made.</summary>
/// <param name="Call">The call: <c>fdatasync</c>, <c>pwrite64</c> …</param>
/// <param name="Error">Its error: <c>EIO</c>, <c>ENOSPC</c> …</param>
/// <param name="Index">Which of the thread's calls; the first is 1.</param>
internal sealed record InjectedError(string Call, string Error, int Index)
{
    /// <summary>What strace calls it.</summary>
    public string Expression => string.Create(CultureInfo.InvariantCulture, $"inject={Call}:error={Error}:when={Index}");

    /// <summary>Whether a node must stop because of it: whatever is no lack of space, and any failed flush. A lack of space may be waited for.</summary>
    public bool MustStop => Error != "EINTR" && (Error is not ("ENOSPC" or "EDQUOT") || Call is "fdatasync" or "fsync");

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Error} of {Call} {Index}");
}
