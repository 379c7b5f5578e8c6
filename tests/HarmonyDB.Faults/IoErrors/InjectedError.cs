namespace HarmonyDB.Faults.IoErrors;

/// <summary>What a system call answers instead of doing what it was asked. The numbers are Linux's.</summary>
internal enum InjectedError
{
    /// <summary>The call did a part and says how much.</summary>
    Short = 0,

    /// <summary>EINTR: a signal came first.</summary>
    Interrupted = 4,

    /// <summary>EIO: the device failed.</summary>
    InputOutput = 5,

    /// <summary>ENOSPC: no space is left.</summary>
    NoSpace = 28,

    /// <summary>EROFS: the file system became read-only.</summary>
    ReadOnly = 30,

    /// <summary>EDQUOT: no quota is left.</summary>
    Quota = 122,
}
