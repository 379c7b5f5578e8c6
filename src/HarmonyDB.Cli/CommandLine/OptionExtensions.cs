using System.CommandLine;

namespace HarmonyDB.Cli.CommandLine;

/// <summary>Short forms for describing options.</summary>
internal static class OptionExtensions
{
    /// <summary>Refuses some values while the command line is parsed. Defaults are not checked.</summary>
    public static void Refuse<T>(this Option<T> option, Func<T?, bool> isWrong, string problem) => option.Validators.Add(result =>
    {
        // A value that could not be converted has been reported already, and asking for it would throw.
        if (!result.Errors.Any() && isWrong(result.GetValueOrDefault<T>()))
        {
            result.AddError(problem);
        }
    });
}
