using Akka.Actor;
using HarmonyDB.Actors;
using HarmonyDB.Client;
using HarmonyDB.Configuration;
using HarmonyDB.DataFolder;
using HarmonyDB.Keyspace;
using HarmonyDB.Messages;
using HarmonyDB.Raft;
using HarmonyDB.Replication;
using HarmonyDB.Storage.Tree;

namespace HarmonyDB;

/// <summary>
/// A HarmonyDB node inside an ActorSystem: an Akka extension. <c>HarmonyDb.Get(system)</c> starts it with the settings under <c>harmony</c>
/// of the system's configuration; it stops with the system, through coordinated shutdown, or when a part of it failed for good.
/// </summary>
/// <remarks>Every member may be called from any thread. Reads run on the caller's thread, straight from the memory-mapped store.</remarks>
public sealed class HarmonyDb : IExtension, IHarmonyDb
{
    // The node answers by its own deadline; this is for the case that it cannot.
    private static readonly TimeSpan AnswerSlack = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);

    private readonly NodeStart _node;
    private readonly LimitSettings _limits;
    private readonly MemberAdministration _members;

    internal HarmonyDb(NodeStart node)
    {
        _node = node;
        _limits = node.Settings.Limits;
        _members = new MemberAdministration(node, () => Header(node.Files.Keyspace.Revision));
    }

    /// <summary>Ends when the node has stopped and its data folder is free again.</summary>
    public Task<NodeStopReason> Completion => _node.Completion;

    /// <summary>The settings it runs with.</summary>
    public HarmonySettings Settings => _node.Settings;

    /// <summary>The node of an ActorSystem; the first call starts it.</summary>
    /// <exception cref="ConfigurationProblemException">Settings are missing or wrong.</exception>
    /// <exception cref="DataFolderException">The data folder is another node's, or damaged.</exception>
    /// <exception cref="Storage.Files.FileLockedException">Another process has the data folder.</exception>
    public static HarmonyDb Get(ActorSystem system) => system.WithExtension<HarmonyDb, HarmonyDbProvider>();

    /// <summary>Stops the node: what waits is answered, the store is made durable, the data folder is free afterwards.</summary>
    public Task<NodeStopReason> StopAsync() => _node.StopAsync(StopTimeout);

    /// <inheritdoc/>
    public async Task<PutResult> PutAsync(PutRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var command = new Command
        {
            Put = new PutCommand
            {
                Key = Google.Protobuf.ByteString.CopyFrom(request.Key.Span),
                Value = Google.Protobuf.ByteString.CopyFrom(request.Value.Span),
                PreviousKeyValue = request.PreviousKeyValue,
            },
        };
        CommandResult result = await SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        return new PutResult(Header(result.Revision), result.Previous.Count == 0 ? null : ToKeyValue(result.Previous[0]));
    }

    /// <inheritdoc/>
    public async Task<DeleteRangeResult> DeleteRangeAsync(DeleteRangeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var command = new Command
        {
            DeleteRange = new DeleteRangeCommand
            {
                Key = Google.Protobuf.ByteString.CopyFrom(request.Key.Span),
                RangeEnd = Google.Protobuf.ByteString.CopyFrom(request.RangeEnd.Span),
                PreviousKeyValues = request.PreviousKeyValues,
            },
        };
        CommandResult result = await SubmitAsync(command, cancellationToken).ConfigureAwait(false);
        return new DeleteRangeResult(Header(result.Revision), result.Deleted, [.. result.Previous.Select(ToKeyValue)]);
    }

    /// <inheritdoc/>
    public async Task<RangeResult> RangeAsync(RangeRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ThrowIfStopped();
        if (request.Key.IsEmpty)
        {
            throw new InvalidRequestException(InvalidRequestReason.EmptyKey, "The key is empty; it must have at least 1 byte.");
        }

        if (request.Limit < 0)
        {
            throw new InvalidRequestException(InvalidRequestReason.Malformed, $"The limit is {request.Limit}; it must be 0, for none, or more.");
        }

        if (!request.Serializable)
        {
            ReadAnswer answer = await AskAsync<ReadAnswer>(
                new SubmitRead(_limits.RequestTimeout), mayHaveHappened: false, cancellationToken).ConfigureAwait(false);
            if (answer.Failure is not null)
            {
                throw answer.Failure;
            }
        }

        try
        {
            using ReadTransaction transaction = _node.Files.BeginRead();
            return KeyspaceReader.Range(transaction, request, Header(0));
        }
        catch (ObjectDisposedException e)
        {
            throw new NodeStoppedException("The node has stopped.", e);
        }
        catch (StoreDamagedException e)
        {
            _node.StoreIsDamaged(e);
            throw new NodeStoppedException($"The node stops, its store is damaged: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public Task<NodeStatus> StatusAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfStopped();
        ReplicaView view = _node.View;
        StoreStatistics statistics;
        try
        {
            statistics = _node.Files.Store.Statistics;
        }
        catch (ObjectDisposedException e)
        {
            throw new NodeStoppedException("The node has stopped.", e);
        }

        return Task.FromResult(new NodeStatus
        {
            Header = Header(_node.Files.Keyspace.Revision),
            Name = Settings.Name,
            Role = view.Role?.ToString() ?? "Blank",
            Leader = view.Leader.Value,
            RaftIndex = view.LastIndex.Value,
            CommitIndex = view.Commit.Value,
            AppliedIndex = _node.Files.Keyspace.AppliedIndex,
            IsDiskFull = view.IsDiskFull,
            StoreBytes = statistics.FileBytes,
            StoreBytesInUse = (statistics.PageCount - statistics.FreePageCount) * statistics.PageSizeBytes,
            Members = view.Configuration is null ? []
                : [.. view.Configuration.Members.Select(MemberAdministration.ToMember)],
        });
    }

    /// <inheritdoc/>
    public Task<MemberChangeResult> AddMemberAsync(AddMemberRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return ChangeAsync(new AddMember(request.RaftAddress, request.IsLearner), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemberChangeResult> PromoteMemberAsync(ulong memberId, CancellationToken cancellationToken = default) =>
        ChangeAsync(new PromoteMember(new MemberId(memberId)), cancellationToken);

    /// <inheritdoc/>
    public Task<MemberChangeResult> RemoveMemberAsync(ulong memberId, CancellationToken cancellationToken = default) =>
        ChangeAsync(new RemoveMember(new MemberId(memberId)), cancellationToken);

    /// <inheritdoc/>
    public Task<MemberChangeResult> UpdateMemberAsync(ulong memberId, string raftAddress, CancellationToken cancellationToken = default) =>
        ChangeAsync(new UpdateMember(new MemberId(memberId), raftAddress), cancellationToken);

    /// <inheritdoc/>
    public Task MoveLeaderAsync(ulong memberId, CancellationToken cancellationToken = default)
    {
        ThrowIfStopped();
        return _members.MoveLeaderAsync(memberId, cancellationToken);
    }

    private Task<MemberChangeResult> ChangeAsync(MemberChange change, CancellationToken cancellationToken)
    {
        ThrowIfStopped();
        return _members.ChangeAsync(change, cancellationToken);
    }

    private static KeyValue ToKeyValue(StoredKeyValue stored) => new(
        stored.Key.Memory, stored.Value.Memory, stored.CreateRevision, stored.ModRevision, stored.Version, stored.Lease);

    private ResponseHeader Header(long revision)
    {
        ReplicaView view = _node.View;
        return new ResponseHeader(view.Identity.ClusterId, view.Identity.MemberId, revision, view.Term.Value);
    }

    private async Task<CommandResult> SubmitAsync(Command command, CancellationToken cancellationToken)
    {
        ThrowIfStopped();
        if (CommandLimits.Problem(command, _limits) is { } problem)
        {
            throw problem;
        }

        CommandAnswer answer = await AskAsync<CommandAnswer>(
            new SubmitCommand(command, _limits.RequestTimeout), mayHaveHappened: true, cancellationToken).ConfigureAwait(false);
        return answer.Result ?? throw answer.Failure!;
    }

    private async Task<TAnswer> AskAsync<TAnswer>(object question, bool mayHaveHappened, CancellationToken cancellationToken)
    {
        IActorRef client = await _node.Client.WaitAsync(cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource? either = cancellationToken.CanBeCanceled
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _node.StoppedToken)
            : null;
        try
        {
            return await client.Ask<TAnswer>(question, _limits.RequestTimeout + AnswerSlack, either?.Token ?? _node.StoppedToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // ClientActor answers all it has taken before it stops, so it never took this: nothing was written.
            ThrowIfStopped();
            throw;
        }
        catch (AskTimeoutException e)
        {
            throw mayHaveHappened
                ? new OutcomeUnknownException("The node did not answer in time: the write may or may not have happened. Read to find out.")
                : new RequestTimeoutException($"The node did not answer in time: {e.Message}");
        }
    }

    private void ThrowIfStopped()
    {
        if (_node.Completion.IsCompletedSuccessfully)
        {
            throw new NodeStoppedException($"The node has stopped: {_node.Completion.Result.Reason}", _node.Completion.Result.Failure);
        }
    }
}

/// <summary>Makes the extension; Akka.NET asks for it.</summary>
public sealed class HarmonyDbProvider : ExtensionIdProvider<HarmonyDb>
{
    /// <inheritdoc/>
    public override HarmonyDb CreateExtension(ExtendedActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        var node = NodeStart.Start(system);

        // Late, so that the application's own tasks of the phases before can still read and write.
        CoordinatedShutdown.Get(system).AddTask(CoordinatedShutdown.PhaseBeforeActorSystemTerminate, "harmony-stop", async () =>
        {
            await node.StopAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            return Akka.Done.Instance;
        });
        return new HarmonyDb(node);
    }
}
