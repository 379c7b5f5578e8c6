namespace HarmonyDB.Cli.Client;

/// <summary>In which way a request failed.</summary>
internal enum RequestFailure
{
    /// <summary>Nobody answered, or there is no leader. Nothing was written.</summary>
    Unavailable,

    /// <summary>A write was sent and its answer never came. It may have happened, or may yet happen.</summary>
    OutcomeUnknown,

    /// <summary>The node refuses more requests for now. Nothing was written.</summary>
    Busy,

    /// <summary>The request is at fault; sending it again is of no use.</summary>
    Refused,

    /// <summary>Anything else.</summary>
    Failed,
}
