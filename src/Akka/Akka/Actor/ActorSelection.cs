using System.Text.RegularExpressions;

namespace Akka.Actor;

public abstract class SelectionPathElement;

public class SelectChildName(string name) : SelectionPathElement
{
    public string Name { get; } = name;
    public override string ToString() => Name;
}

public class SelectChildPattern(string patternStr) : SelectionPathElement
{
    private readonly Regex _pattern = new(
        "^" + Regex.Escape(patternStr).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$",
        RegexOptions.CultureInvariant);

    public string PatternStr { get; } = patternStr;
    public override string ToString() => PatternStr;
    internal bool Matches(string name) => _pattern.IsMatch(name);
}

public class SelectParent : SelectionPathElement
{
    public static readonly SelectParent Instance = new();
    public override string ToString() => "..";
}

/// <summary>A message on its way through the tree to the actors that its elements select.</summary>
public class ActorSelectionMessage(object message, SelectionPathElement[] elements, bool wildCardFanOut = false)
{
    public object Message { get; } = message;
    public SelectionPathElement[] Elements { get; } = elements;
    public bool WildCardFanOut { get; } = wildCardFanOut;
}

/// <summary>A path that is looked up anew for each message, so it need not stand for an actor yet.</summary>
public class ActorSelection(IActorRef anchor, IEnumerable<string> elements) : ICanTell
{
    public ActorSelection(IActorRef anchor, string path) : this(anchor, path.Split('/', StringSplitOptions.RemoveEmptyEntries)) { }
    public IActorRef Anchor { get; } = anchor;
    public SelectionPathElement[] Path { get; } = [.. elements.Select(Element)];
    public string PathString => "/" + string.Join('/', Path.Select(p => p.ToString()));

    public void Tell(object message, IActorRef? sender = null) =>
        Deliver((IInternalActorRef)Anchor, sender ?? ActorCell.Current?.Self, new ActorSelectionMessage(message, Path, Path.Any(p => p is SelectChildPattern)));

    public async Task<IActorRef> ResolveOne(TimeSpan timeout)
    {
        try
        {
            var identity = await this.Ask<ActorIdentity>(new Identify(null!), timeout).ConfigureAwait(false);
            return identity.Subject ?? throw new ActorNotFoundException($"No actor at {this}");
        }
        catch (AskTimeoutException e)
        {
            throw new ActorNotFoundException($"No actor at {this}: {e.Message}", e);
        }
    }

    public override string ToString() => $"ActorSelection[Anchor({Anchor.Path}), Path({PathString})]";

    /// <summary>A path with an address, one from the root of this system, or one relative to an actor.</summary>
    internal static ActorSelection Parse(string path, IActorRefProvider provider, IActorRef relativeTo) => ActorPath.TryParse(path, out var absolute)
        ? Of(absolute, provider)
        : new ActorSelection(path.StartsWith('/') ? provider.RootGuardian : relativeTo, path);

    internal static ActorSelection Of(ActorPath path, IActorRefProvider provider) => new(provider.RootGuardianAt(path.Address), path.Elements);

    /// <summary>Walks as far as references are local, then hands the rest on.</summary>
    internal static void Deliver(IInternalActorRef anchor, IActorRef? sender, ActorSelectionMessage selection)
    {
        var current = anchor;
        for (var i = 0; i < selection.Elements.Length; i++)
        {
            if (!current.IsLocal)
            {
                current.Tell(new ActorSelectionMessage(selection.Message, selection.Elements[i..], selection.WildCardFanOut), sender);
                return;
            }

            switch (selection.Elements[i])
            {
                case SelectParent:
                    current = current.Parent is Nobody ? current : current.Parent;
                    break;
                case SelectChildName child:
                    var found = current.GetSingleChild(child.Name);
                    if (found.IsNobody())
                    {
                        Miss(current, sender, selection, i);
                        return;
                    }

                    current = found;
                    break;
                case SelectChildPattern pattern:
                    foreach (var match in current.Children.Where(c => pattern.Matches(c.Path.Name)))
                    {
                        Deliver(match, sender, new ActorSelectionMessage(selection.Message, selection.Elements[(i + 1)..], wildCardFanOut: true));
                    }

                    return;
            }
        }

        current.Tell(selection.Message, sender);
    }

    // Who asks by name learns that there is nobody; with wildcards silence is the answer, for others may match.
    private static void Miss(IInternalActorRef at, IActorRef? sender, ActorSelectionMessage selection, int element)
    {
        if (!selection.WildCardFanOut)
        {
            var path = at.Path / selection.Elements[element..].Select(e => e.ToString()!);
            new EmptyLocalActorRef(at.Provider, path).Tell(selection.Message, sender);
        }
    }

    private static SelectionPathElement Element(string name) => name switch
    {
        ".." => SelectParent.Instance,
        _ when name.Contains('*', StringComparison.Ordinal) || name.Contains('?', StringComparison.Ordinal) => new SelectChildPattern(name),
        _ => new SelectChildName(name),
    };
}

