using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>The parts of GitHub's API that reports are published by.</summary>
internal static partial class FakeRoutes
{
    private const int LongestComment = 65_536;
    private const int AnnotationsInRequest = 50;

    public static FakeAnswer Answer(SentRequest request, FakeRepository state)
    {
        if (request.Authorization is null) return FakeAnswer.Error(401, "Requires authentication");
        if (request.Authorization != $"Token {FakeGitHub.Token}") return FakeAnswer.Error(401, "Bad credentials");
        if (request.Path.EndsWith("/graphql", StringComparison.Ordinal)) return Nodes(request, state);
        if (state.IsReadOnly && request.Method != "GET") return FakeAnswer.Error(403, "Resource not accessible by integration");
        var match = Route().Match(request.Route);
        if (!match.Success) return FakeAnswer.Error(404, "Not Found");
        var number = match.Groups["number"] is { Success: true } group ? long.Parse(group.Value, CultureInfo.InvariantCulture) : 0;
        return (request.Method, match.Groups["what"].Value) switch
        {
            ("GET", "pulls") when number == 0 => new FakeAnswer(200, new JsonArray([.. state.PullRequests.Where(p => p.State == "open" && p.HeadLabel == request.Query["head"]).Select(FakeJson.Of)])),
            ("GET", "pulls") => state.PullRequests.FirstOrDefault(p => p.Number == number) is { } pull ? new FakeAnswer(200, FakeJson.Of(pull)) : FakeAnswer.Error(404, "Not Found"),
            ("GET", "issues") => Page(request, state),
            ("POST", "issues") => Body(request) is { } body ? new FakeAnswer(201, FakeJson.Of(state.Add(state.Viewer, body))) : TooLong(),
            ("PATCH", "issues/comments") => Change(state, number, Body(request)),
            ("DELETE", "issues/comments") => state.Comments.RemoveAll(c => c.Id == number) > 0 ? new FakeAnswer(204, null) : FakeAnswer.Error(404, "Not Found"),
            ("POST", "check-runs") => CreateCheck(request.Json, state),
            ("PATCH", "check-runs") => UpdateCheck(request.Json, state.CheckRuns.FirstOrDefault(c => c.Id == number)),
            _ => FakeAnswer.Error(404, "Not Found"),
        };
    }

    private static FakeAnswer Nodes(SentRequest request, FakeRepository state) => new(200, new JsonObject
    {
        ["data"] = new JsonObject { ["nodes"] = new JsonArray([.. request.Json["variables"]!["ids"]!.AsArray().Select(id => state.Comments.FirstOrDefault(c => c.NodeId == (string?)id) is { } c ? new JsonObject { ["viewerDidAuthor"] = c.Author == state.Viewer } : null)]) },
    });

    private static FakeAnswer Page(SentRequest request, FakeRepository state)
    {
        var (size, page) = (Number(request, "per_page", 30), Number(request, "page", 1));
        return new FakeAnswer(200, new JsonArray([.. state.Comments.Skip((page - 1) * size).Take(size).Select(FakeJson.Of)]), Pages: (state.Comments.Count + size - 1) / size);
    }

    private static FakeAnswer Change(FakeRepository state, long id, string? body)
    {
        if (body is null) return TooLong();
        var index = state.Comments.FindIndex(c => c.Id == id);
        if (index < 0) return FakeAnswer.Error(404, "Not Found");
        state.Comments[index] = state.Comments[index] with { Body = body };
        return new FakeAnswer(200, FakeJson.Of(state.Comments[index]));
    }

    private static FakeAnswer CreateCheck(JsonNode json, FakeRepository state)
    {
        var output = json["output"]!;
        var run = new FakeCheckRun(state.CheckRuns.Count + 1, (string)json["name"]!, (string)json["head_sha"]!, (string)json["conclusion"]!, (string)output["title"]!, (string)output["summary"]!, []);
        state.CheckRuns.Add(run);
        return Annotate(output, run, 201);
    }

    private static FakeAnswer UpdateCheck(JsonNode json, FakeCheckRun? run) => run is null ? FakeAnswer.Error(404, "Not Found") : Annotate(json["output"]!, run, 200);

    private static FakeAnswer Annotate(JsonNode output, FakeCheckRun run, int status)
    {
        JsonNode[] annotations = [.. output["annotations"]?.AsArray().Select(a => a!.DeepClone()) ?? []];
        if (annotations.Length > AnnotationsInRequest) return FakeAnswer.Error(422, "Invalid request. No more than 50 annotations are allowed per request.");
        if (((string)output["summary"]!).Length > 65_535) return FakeAnswer.Error(422, "Invalid request. Summary is too long.");
        run.Annotations.AddRange(annotations);
        return new FakeAnswer(status, FakeJson.Of(run));
    }

    private static string? Body(SentRequest request) => (string)request.Json["body"]! is { Length: <= LongestComment } body ? body : null;

    private static FakeAnswer TooLong() => FakeAnswer.Error(422, "Validation Failed", [new JsonObject { ["resource"] = "IssueComment", ["code"] = "unprocessable", ["field"] = "data", ["message"] = "Body is too long (maximum is 65536 characters)" }]);

    private static int Number(SentRequest request, string name, int otherwise) => request.Query[name].FirstOrDefault() is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    [GeneratedRegex(@"\A/repos/acme/modelguard/(?:(?<what>pulls)(?:/(?<number>\d+))?|(?<what>issues)/(?<number>7)/comments|(?<what>issues/comments)/(?<number>\d+)|(?<what>check-runs)(?:/(?<number>\d+))?)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Route();
}
