using System.Globalization;

namespace HarmonyDB.Testing;

/// <summary>The command line of a test program: a verb, then options with a value each (<c>--rounds 10</c>).</summary>
public sealed class Arguments
{
    private readonly Dictionary<string, string> _options = [];

    /// <summary>Takes the command line apart.</summary>
    /// <exception cref="FormatException">It is not a verb with options, or has an option that is not known.</exception>
    public Arguments(IReadOnlyList<string> arguments, params string[] knownOptions)
    {
        Verb = arguments.Count > 0 ? arguments[0] : "";
        for (var i = 1; i < arguments.Count; i += 2)
        {
            if (!knownOptions.Contains(arguments[i]))
            {
                throw new FormatException($"Unknown option '{arguments[i]}'; known are {string.Join(", ", knownOptions)}.");
            }

            _options[arguments[i]] = i + 1 < arguments.Count ? arguments[i + 1] : throw new FormatException($"'{arguments[i]}' needs a value.");
        }
    }

    /// <summary>What to do; empty when nothing was said.</summary>
    public string Verb { get; }

    /// <summary>The value of an option.</summary>
    /// <param name="option">The option.</param>
    /// <param name="otherwise">Its value when it is not given.</param>
    /// <param name="minimum">Least value taken.</param>
    /// <param name="maximum">Greatest value taken.</param>
    /// <exception cref="FormatException">The value is not a number in the range.</exception>
    public int Number(string option, int otherwise, int minimum, int maximum)
    {
        if (!_options.TryGetValue(option, out var text))
        {
            return otherwise;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum
            ? number
            : throw new FormatException($"'{option} {text}': a number from {minimum} to {maximum} is needed.");
    }

    /// <summary>The text of an option.</summary>
    /// <param name="option">The option.</param>
    /// <param name="otherwise">Its text when it is not given.</param>
    public string Text(string option, string otherwise) => _options.GetValueOrDefault(option, otherwise);
}
