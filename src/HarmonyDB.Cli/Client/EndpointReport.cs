namespace HarmonyDB.Cli.Client;

/// <summary>The state of one endpoint, or why it could not be had.</summary>
/// <param name="Endpoint">The endpoint asked.</param>
/// <param name="Name">The member's name; empty when unknown.</param>
/// <param name="Status">Its answer; null when there was none.</param>
/// <param name="Error">Why there was none; null when there was one.</param>
internal sealed record EndpointReport(string Endpoint, string Name, EndpointStatus? Status, string? Error)
{
    /// <summary><c>leader</c>, <c>follower</c>, <c>learner</c>, <c>no leader</c>, <c>blank</c> (not in a cluster yet) or <c>unreachable</c>.</summary>
    public string Role => Status switch
    {
        null => "unreachable",
        { MemberId: 0 } => "blank",
        { Leader: 0 } => "no leader",
        { IsLearner: true } => "learner",
        _ => Status.Leader == Status.MemberId ? "leader" : "follower",
    };

    /// <summary>Whether it answered and knows a leader.</summary>
    public bool IsHealthy => Status is { MemberId: not 0, Leader: not 0 };

    /// <summary>Asks one endpoint for its state and for the name it goes by. Never throws for an endpoint that does not answer.</summary>
    public static async Task<EndpointReport> AskAsync(
        Uri endpoint, Func<IReadOnlyList<Uri>, IStoreClient> connect, CancellationToken cancellationToken)
    {
        var address = endpoint.GetLeftPart(UriPartial.Authority);
        await using var client = connect([endpoint]);
        try
        {
            var status = await client.StatusAsync(cancellationToken);
            var members = await client.MemberListAsync(cancellationToken);
            return new EndpointReport(address, members.FirstOrDefault(member => member.Id == status.MemberId)?.Name ?? "", status, null);
        }
        catch (RequestFailedException exception)
        {
            return new EndpointReport(address, "", null, exception.Message);
        }
    }
}
