using Akka.Configuration;
using Hocon;

namespace HarmonyDB.Configuration;

/// <summary>Finds settings that do not exist: a misspelt name must not silently mean the default (A2).</summary>
internal static class SettingNames
{
    private const string Section = "harmony";

    /// <summary>Adds a problem for each setting under <c>harmony</c> that the reference does not have.</summary>
    public static void Check(Config config, List<string> problems)
    {
        if (!config.HasPath(Section))
        {
            return;
        }

        HoconValue given = HoconParser.Parse(config.ToString()).GetValue(Section);
        if (given.Type != HoconType.Object)
        {
            problems.Add($"{Section} is a section, not a value.");
            return;
        }

        Check(Section, given.GetObject(), HoconParser.Parse(HarmonyConfig.ReferenceText).GetObject(Section), problems);
    }

    private static void Check(string path, HoconObject given, HoconObject known, List<string> problems)
    {
        foreach ((string key, HoconField field) in given)
        {
            if (!known.TryGetField(key, out HoconField? reference))
            {
                string nearest = known.Keys.MinBy(k => (Distance(k, key), k))!;
                problems.Add($"{path}.{key} is not a setting. The nearest one is {path}.{nearest}; hocon/reference.conf lists all.");
            }
            else if (reference.Value.Type == HoconType.Object)
            {
                if (field.Value.Type == HoconType.Object)
                {
                    Check($"{path}.{key}", field.Value.GetObject(), reference.Value.GetObject(), problems);
                }
                else
                {
                    problems.Add($"{path}.{key} is a section, not a value.");
                }
            }
        }
    }

    // Levenshtein distance with one row; setting names are short.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
