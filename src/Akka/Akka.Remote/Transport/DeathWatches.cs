using Akka.Actor;

namespace Akka.Remote.Transport;

/// <summary>
/// Who here watches what there. A watch, or the news of a death, can be lost with a connection; so whenever a peer comes (back), it is told all
/// of them again, and answers at once for what is not there any more.
/// </summary>
internal sealed class DeathWatches
{
    private readonly Dictionary<Address, HashSet<(IInternalActorRef Watchee, IInternalActorRef Watcher)>> _byPeer = [];

    public void Add(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        lock (_byPeer)
        {
            if (!_byPeer.TryGetValue(watchee.Path.Address, out var watches))
            {
                _byPeer[watchee.Path.Address] = watches = [];
            }

            watches.Add((watchee, watcher));
        }
    }

    public void Remove(IInternalActorRef watchee, IInternalActorRef watcher)
    {
        lock (_byPeer)
        {
            if (_byPeer.TryGetValue(watchee.Path.Address, out var watches) && watches.Remove((watchee, watcher)) && watches.Count == 0)
            {
                _byPeer.Remove(watchee.Path.Address);
            }
        }
    }

    public bool HasAny(Address peer)
    {
        lock (_byPeer)
        {
            return _byPeer.ContainsKey(peer);
        }
    }

    public IReadOnlyList<(IInternalActorRef Watchee, IInternalActorRef Watcher)> Of(Address peer)
    {
        lock (_byPeer)
        {
            return _byPeer.TryGetValue(peer, out var watches) ? [.. watches] : [];
        }
    }
}
