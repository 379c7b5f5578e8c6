namespace HarmonyDB.Configuration;

/// <summary>The settings cannot be used. Nothing was started and nothing on disk was touched.</summary>
public sealed class ConfigurationProblemException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problems">Each problem in a sentence that names the setting and the remedy.</param>
    public ConfigurationProblemException(IReadOnlyList<string> problems)
        : base(problems.Count == 1 ? problems[0] : $"{problems.Count} settings are wrong:\n  {string.Join("\n  ", problems)}")
    {
        Problems = problems;
    }

    /// <summary>Creates the exception for one problem.</summary>
    public ConfigurationProblemException(string problem)
        : this([problem])
    {
    }

    /// <summary>Each problem in a sentence.</summary>
    public IReadOnlyList<string> Problems { get; }
}
