namespace Hocon;

/// <summary>Replaces references, concatenations and overlays by the values they stand for.</summary>
internal sealed class HoconResolver(HoconMap root, bool useEnvironment)
{
    private readonly Dictionary<HoconNode, HoconNode?> _resolved = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<HoconNode> _inProgress = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<HoconNode> _done = new(ReferenceEqualityComparer.Instance);
    public void Run() => Deep(root);

    private void Deep(HoconNode node)
    {
        if (!_done.Add(node))
        {
            return;
        }

        if (node is HoconMap map)
        {
            foreach (var key in map.Fields.Keys.ToArray())
            {
                if (Shallow(map.Fields[key]) is { } value)
                {
                    map.Fields[key] = value;
                    Deep(value);
                }
                else
                {
                    // An optional reference to nothing leaves the field unset.
                    map.Fields.Remove(key);
                }
            }
        }
        else if (node is HoconList list)
        {
            var items = list.Items.Select(Shallow).OfType<HoconNode>().ToArray();
            list.Items.Clear();
            list.Items.AddRange(items);
            Array.ForEach(items, Deep);
        }
    }

    /// <summary>The scalar, list or map that a node stands for, its own content not yet resolved; null when it stands for nothing.</summary>
    private HoconNode? Shallow(HoconNode node)
    {
        // A reference to a value that is being computed means what was there before it: a = ${a}":more".
        while (node is HoconOverlay pending && _inProgress.Contains(pending))
        {
            node = pending.Below;
        }

        if (node is HoconScalar or HoconList or HoconMap)
        {
            return node;
        }

        if (_resolved.TryGetValue(node, out var known))
        {
            return known;
        }

        if (!_inProgress.Add(node))
        {
            return null;
        }

        var value = node switch
        {
            HoconOverlay overlay => Overlay(overlay),
            HoconConcatenation concatenation => Concatenate(concatenation),
            HoconReference reference => Follow(reference),
            _ => throw new InvalidOperationException($"Unknown node {node.GetType().Name}."),
        };
        _inProgress.Remove(node);
        _resolved[node] = value;
        return value;
    }

    private HoconNode? Overlay(HoconOverlay overlay)
    {
        var above = Shallow(overlay.Above);
        if (above is null)
        {
            return Shallow(overlay.Below);
        }

        return above is HoconMap && Shallow(overlay.Below) is HoconMap below ? HoconMap.Lay(above, below) : above;
    }

    private HoconNode? Follow(HoconReference reference)
    {
        var found = reference.Scope.Length > 0 ? Find([.. reference.Scope, .. reference.Path]) : null;
        found ??= Find(reference.Path);
        var name = string.Join('.', reference.Path);
        if (found is null && useEnvironment && Environment.GetEnvironmentVariable(name) is { } variable)
        {
            found = new HoconScalar(variable, Quoted: true);
        }

        if (found is null && !reference.Optional)
        {
            throw new HoconParserException($"${{{name}}} stands for nothing, or for itself", reference.Line, reference.Column);
        }

        return found;
    }

    private HoconNode? Find(string[] path)
    {
        HoconNode? node = root;
        foreach (var key in path)
        {
            if (node is not HoconMap map || !map.Fields.TryGetValue(key, out node))
            {
                return null;
            }

            node = Shallow(node);
        }

        return node;
    }

    private HoconNode? Concatenate(HoconConcatenation concatenation)
    {
        var values = concatenation.Pieces.Select(Shallow).OfType<HoconNode>().ToList();
        var solid = values.Where(v => !IsBlank(v)).ToArray();
        if (solid.Length == 0)
        {
            return values.Count == concatenation.Pieces.Count ? Join(values) : null;
        }

        if (Array.TrueForAll(solid, v => v is HoconMap))
        {
            return solid.Aggregate((below, above) => HoconMap.Lay(above, below));
        }

        if (Array.TrueForAll(solid, v => v is HoconList))
        {
            return new HoconList { Items = [.. solid.SelectMany(v => ((HoconList)v).Items)] };
        }

        if (!Array.TrueForAll(solid, v => v is HoconScalar))
        {
            throw new HoconParserException("Strings, lists and objects cannot be joined with each other", concatenation.Line, concatenation.Column);
        }

        return Join(values);
    }

    private static HoconScalar Join(List<HoconNode> scalars) =>
        new(string.Concat(scalars.Select(s => ((HoconScalar)s).Text ?? "null")), Quoted: true);

    private static bool IsBlank(HoconNode value) => value is HoconScalar { Quoted: false, Text: { } text } && string.IsNullOrWhiteSpace(text);
}
