using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Puts a bank of mutants into copies of the sources that a project is about to compile. The sources themselves stay as they are.
/// </summary>
public sealed class WeaveMutants : Task
{
    /// <summary>The bank.</summary>
    [Required]
    public string Bank { get; set; }

    /// <summary>The folder that the paths in the bank begin at.</summary>
    [Required]
    public string Root { get; set; }

    /// <summary>What the project would compile.</summary>
    [Required]
    public ITaskItem[] Sources { get; set; }

    /// <summary>Where the copies go.</summary>
    [Required]
    public string Folder { get; set; }

    /// <summary>The sources that are not to be compiled.</summary>
    [Output]
    public ITaskItem[] Replaced { get; set; }

    /// <summary>What is to be compiled in their place.</summary>
    [Output]
    public ITaskItem[] Woven { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        var sources = Sources.ToDictionary(source => Path.GetFullPath(source.GetMetadata("FullPath")));
        var texts = new Dictionary<string, string>();
        foreach (var edit in ReadBank().Where(edit => sources.ContainsKey(edit.File)))
        {
            var text = texts.TryGetValue(edit.File, out var before) ? before : File.ReadAllText(edit.File);
            var position = text.IndexOf(edit.Old, StringComparison.Ordinal);
            if (position < 0 || text.IndexOf(edit.Old, position + 1, StringComparison.Ordinal) >= 0)
            {
                Log.LogError("{0}: mutant {1} wants to replace a text that is not there exactly once: {2}", edit.File, edit.Id, edit.Old);
                continue;
            }
            var replacement = edit.New.Replace("MUTANT", "global::HarmonyDB.Mutant.Is(\"" + edit.Id + "\")");
            texts[edit.File] = text.Substring(0, position) + replacement + text.Substring(position + edit.Old.Length);
        }
        Replaced = texts.Keys.Select(file => sources[file]).ToArray();
        Woven = texts.Count == 0 ? new ITaskItem[0] : Write(texts).Select(file => (ITaskItem)new TaskItem(file)).ToArray();
        return !Log.HasLoggedErrors;
    }

    private IEnumerable<string> Write(Dictionary<string, string> texts)
    {
        Directory.CreateDirectory(Folder);
        foreach (var text in texts)
        {
            var file = Path.Combine(Folder, Path.GetFileName(text.Key));
            File.WriteAllText(file, text.Value);
            yield return file;
        }
        var chosen = Path.Combine(Folder, "Mutant.cs");
        File.WriteAllText(chosen, "namespace HarmonyDB;\n\ninternal static class Mutant\n{\n"
            + "    private static readonly string? Chosen = System.Environment.GetEnvironmentVariable(\"HARMONY_MUTANT\");\n\n"
            + "    internal static bool Is(string id) => id == Chosen;\n}\n");
        yield return chosen;
    }

    private List<Edit> ReadBank()
    {
        var edits = new List<Edit>();
        string id = null;
        string file = null;
        Edit edit = null;
        foreach (var line in File.ReadAllLines(Bank))
        {
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }
            if (line[0] == '-' || line[0] == '+')
            {
                // A text to be replaced begins a new edit, unless it goes on from the line before.
                if (line[0] == '-' && (edit == null || edit.New != null))
                {
                    edit = new Edit { Id = id, File = file };
                    edits.Add(edit);
                }
                if (line[0] == '-')
                {
                    edit.Old = edit.Old == null ? line.Substring(1) : edit.Old + "\n" + line.Substring(1);
                }
                else
                {
                    edit.New = edit.New == null ? line.Substring(1) : edit.New + "\n" + line.Substring(1);
                }
                continue;
            }
            edit = null;
            if (line.StartsWith("file ", StringComparison.Ordinal))
            {
                file = Path.GetFullPath(Path.Combine(Root, line.Substring(5).Trim()));
            }
            else
            {
                id = line.Substring(0, line.IndexOf(' '));
            }
        }
        return edits;
    }

    private sealed class Edit
    {
        public string Id;
        public string File;
        public string Old;
        public string New;
    }
}
