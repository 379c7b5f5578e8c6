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
public class ActorSelectionMessage : IAutoReceivedMessage, IPossiblyHarmful, IWrappedMessage
{
    public ActorSelectionMessage(object message, SelectionPathElement[] elements, bool wildCardFanOut = false)
    {
        Message = message;
        Elements = elements;
        WildCardFanOut = wildCardFanOut;
    }

    public object Message { get; }
    public SelectionPathElement[] Elements { get; }
    public bool WildCardFanOut { get; }
}

/// <summary>A path that is looked up anew for each message, so it need not stand for an actor yet.</summary>
public class ActorSelection : ICanTell
{
    public ActorSelection(IActorRef anchor, SelectionPathElement[] path)
    {
        Anchor = anchor;
        Path = path;
    }

    public ActorSelection(IActorRef anchor, string path) : this(anchor, path.Split('/', StringSplitOptions.RemoveEmptyEntries)) { }
    public ActorSelection(IActorRef anchor, IEnumerable<string> elements) : this(anchor, [.. elements.Where(e => e.Length > 0).Select(Element)]) { }
    public IActorRef Anchor { get; }
    public SelectionPathElement[] Path { get; }
    public string PathString => "/" + string.Join('/', Path.Select(p => p.ToString()));

    public void Tell(object message, IActorRef? sender = null) =>
        Deliver((IInternalActorRef)Anchor, sender ?? ActorCell.Current?.Self, new ActorSelectionMessage(message, Path, Path.Any(p => p is SelectChildPattern)));

    public Task<IActorRef> ResolveOne(TimeSpan timeout) => ResolveOne(timeout, CancellationToken.None);

    public async Task<IActorRef> ResolveOne(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            var identity = await this.Ask<ActorIdentity>(new Identify(null!), timeout, ct).ConfigureAwait(false);
            return identity.Subject ?? throw new ActorNotFoundException($"No actor at {this}");
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
        {
            throw new ActorNotFoundException($"No actor at {this}: {e.Message}", e);
        }
    }

    public override string ToString() => $"ActorSelection[Anchor({Anchor.Path}), Path({PathString})]";

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
                    FanOut(current, sender, selection, pattern, i + 1);
                    return;
            }
        }

        current.Tell(selection.Message, sender);
    }

    private static void FanOut(IInternalActorRef parent, IActorRef? sender, ActorSelectionMessage selection, SelectChildPattern pattern, int next)
    {
        var matching = parent.Children.Where(c => pattern.Matches(c.Path.Name)).ToArray();
        if (matching.Length == 0)
        {
            Miss(parent, sender, selection, next - 1);
        }

        foreach (var child in matching)
        {
            Deliver(child, sender, new ActorSelectionMessage(selection.Message, selection.Elements[next..], wildCardFanOut: true));
        }
    }

    // Who asks by name learns that there is nobody; with wildcards silence is the answer, for others may match.
    private static void Miss(IInternalActorRef at, IActorRef? sender, ActorSelectionMessage selection, int element)
    {
        if (!selection.WildCardFanOut)
        {
            var path = at.Path / selection.Elements[element..].Select(e => e.ToString()!);
            new EmptyLocalActorRef(at.Provider, path, at.Provider.Settings.System.EventStream).Tell(selection.Message, sender);
        }
    }

    private static SelectionPathElement Element(string name) => name switch
    {
        ".." => SelectParent.Instance,
        _ when name.Contains('*', StringComparison.Ordinal) || name.Contains('?', StringComparison.Ordinal) => new SelectChildPattern(name),
        _ => new SelectChildName(name),
    };
}

/// <summary>Selections by text or path: absolute with or without an address, or relative to an actor.</summary>
internal static class SystemSelection
{
    public static ActorSelection Parse(string path, ActorSystemImpl system, IInternalActorRef lookupRoot)
    {
        if (ActorPath.TryParse(path, out var absolute))
        {
            return Of(absolute, system);
        }

        return path.StartsWith('/') ? new ActorSelection(system.Provider.RootGuardian, path) : new ActorSelection(lookupRoot, path);
    }

    public static ActorSelection Of(ActorPath path, ActorSystemImpl system) => new(system.Provider.RootGuardianAt(path.Address), path.Elements);
}
