using System.Globalization;
using System.Text;
using System.Text.Json;
using HarmonyDB.Cli.Client;
using HarmonyDB.Cli.Import;
using HarmonyDB.Client;

namespace HarmonyDB.Cli.Output;

/// <summary>
/// Results for programs: one JSON document and a line feed. Names are etcd's; keys and values are base64; 64-bit numbers are strings, since
/// many readers of JSON hold numbers as doubles. Unlike etcd's, every field is always there.
/// </summary>
internal static class JsonReport
{
    /// <summary>The answer to a put.</summary>
    public static string Put(PutResult result) => Write(json =>
    {
        Header(json, result.Header);
    });

    /// <summary>The answer to a read.</summary>
    public static string Range(RangeResult result) => Write(json =>
    {
        Header(json, result.Header);
        json.WriteStartArray("kvs");
        foreach (var pair in result.KeyValues)
        {
            json.WriteStartObject();
            json.WriteBase64String("key", pair.Key.Span);
            json.WriteBase64String("value", pair.Value.Span);
            Number(json, "create_revision", pair.CreateRevision);
            Number(json, "mod_revision", pair.ModRevision);
            Number(json, "version", pair.Version);
            Number(json, "lease", pair.Lease);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("more", result.More);
        Number(json, "count", result.Count);
    });

    /// <summary>The answer to a delete.</summary>
    public static string Delete(DeleteRangeResult result) => Write(json =>
    {
        Header(json, result.Header);
        Number(json, "deleted", result.Deleted);
    });

    /// <summary>The members of a cluster.</summary>
    public static string Members(IReadOnlyList<Member> members) => Write(json =>
    {
        json.WriteStartArray("members");
        foreach (var member in members)
        {
            json.WriteStartObject();
            Number(json, "ID", member.Id);
            json.WriteString("name", member.Name);
            json.WriteStartArray("peerURLs");
            json.WriteStringValue(member.RaftAddress);
            json.WriteEndArray();
            json.WriteStartArray("clientURLs");
            foreach (var url in member.ClientUrls)
            {
                json.WriteStringValue(url);
            }

            json.WriteEndArray();
            json.WriteBoolean("isLearner", member.IsLearner);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Leadership that went from one member to another; <c>to</c> is 0 when nobody was named.</summary>
    public static string MoveLeader(ulong from, ulong to) => Write(json =>
    {
        Number(json, "from", from);
        Number(json, "to", to);
    });

    /// <summary>What each endpoint says of itself; <c>status</c> is null and <c>error</c> set for one that did not answer.</summary>
    public static string Status(IReadOnlyList<EndpointReport> reports) => Write(json =>
    {
        json.WriteStartArray("endpoints");
        foreach (var report in reports)
        {
            json.WriteStartObject();
            json.WriteString("endpoint", report.Endpoint);
            json.WriteString("error", report.Error);
            if (report.Status is { } status)
            {
                json.WriteStartObject("status");
                json.WriteString("name", report.Name);
                json.WriteString("role", report.Role);
                json.WriteString("version", status.Version);
                Number(json, "cluster_id", status.ClusterId);
                Number(json, "member_id", status.MemberId);
                Number(json, "leader", status.Leader);
                Number(json, "raftTerm", status.Term);
                Number(json, "raftIndex", status.RaftIndex);
                Number(json, "raftAppliedIndex", status.AppliedIndex);
                Number(json, "revision", status.Revision);
                Number(json, "dbSize", status.StoreBytes);
                Number(json, "dbSizeInUse", status.StoreBytesInUse);
                json.WriteBoolean("isLearner", status.IsLearner);
                json.WriteEndObject();
            }
            else
            {
                json.WriteNull("status");
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>What an import did.</summary>
    public static string Import(ImportSummary summary) => Write(json =>
    {
        Number(json, "written", summary.Written);
        Number(json, "retries", summary.Retries);
        Number(json, "bad_lines", summary.BadLineCount);
        json.WriteNumber("seconds", Math.Round(summary.Elapsed.TotalSeconds, 3));
        json.WriteStartArray("first_bad_lines");
        foreach (var bad in summary.FirstBadLines)
        {
            json.WriteStartObject();
            Number(json, "line", bad.LineNumber);
            json.WriteString("problem", bad.Problem);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>One document.</summary>
    internal static string Write(Action<Utf8JsonWriter> content)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            content(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Header(Utf8JsonWriter json, ResponseHeader header)
    {
        json.WriteStartObject("header");
        Number(json, "cluster_id", header.ClusterId);
        Number(json, "member_id", header.MemberId);
        Number(json, "revision", header.Revision);
        Number(json, "raft_term", header.RaftTerm);
        json.WriteEndObject();
    }

    /// <summary>A whole number, as a string.</summary>
    internal static void Number(Utf8JsonWriter json, string name, IFormattable number) =>
        json.WriteString(name, number.ToString(null, CultureInfo.InvariantCulture));
}
