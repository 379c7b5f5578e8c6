using Akka.Actor;

namespace Akka.Remote.Transport;

/// <summary>
/// Who here watches what there. A watch, or the news of a death, can be lost with a connection; so whenever a peer comes (back), it is told all
/// of them again, and answers at once for what is not there any more.
/// </summary>
internal sealed class DeathWatches
{
    private readonly HashSet<(IInternalActorRef Watchee, IInternalActorRef Watcher)> _watches = [];

    public void Add(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        lock (_watches)
        {
            _watches.Add((watchee, watcher));
        }
    }

    public void Remove(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        lock (_watches)
        {
            _watches.Remove((watchee, watcher));
        }
    }

    public IReadOnlyList<(IInternalActorRef Watchee, IInternalActorRef Watcher)> Of(Address peer)
    {
        lock (_watches)
        {
            return [.. _watches.Where(w => w.Watchee.Path.Address == peer)];
        }
    }
}
