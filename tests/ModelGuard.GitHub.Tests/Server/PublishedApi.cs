using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>
/// A server (<c>@stoplight/prism-cli</c>) that holds each request against GitHub's own description of its API (<c>@octokit/openapi</c>), and
/// answers with the description's own examples.
/// </summary>
internal sealed class PublishedApi : IDisposable
{
    private static readonly string[] Paths =
    [
        "/repos/{owner}/{repo}/pulls",
        "/repos/{owner}/{repo}/pulls/{pull_number}",
        "/repos/{owner}/{repo}/issues/{issue_number}/comments",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}",
        "/repos/{owner}/{repo}/check-runs",
        "/repos/{owner}/{repo}/check-runs/{check_run_id}",
    ];

    private readonly TemporaryFolder folder;
    private readonly ChildProcess process;
    private readonly HttpClient client = new();

    private PublishedApi(TemporaryFolder folder, ChildProcess process, Uri address) => (this.folder, this.process, Address) = (folder, process, address);

    public Uri Address { get; }

    /// <summary>Starts the server.</summary>
    /// <param name="modules">The folder with the packages.</param>
    /// <param name="version">Whose description: <c>api.github.com</c>, or <c>ghes-3.19</c> of an Enterprise Server.</param>
    /// <param name="comment">The text of comments in the examples; null for the description's own.</param>
    public static async Task<PublishedApi> StartAsync(string modules, string version = "api.github.com", string? comment = null)
    {
        var own = new TemporaryFolder();
        await File.WriteAllTextAsync(own["api.json"], await ReadAsync(modules, version, comment));
        var port = FreePort();
        var started = ChildProcess.Start("node", [Path.Combine(modules, "@stoplight", "prism-cli", "dist", "index.js"), "mock", "--errors", "--host", "127.0.0.1", "--port", FormattableString.Invariant($"{port}"), own["api.json"]], own.Path);
        var api = new PublishedApi(own, started, new Uri(FormattableString.Invariant($"http://127.0.0.1:{port}/")));
        await api.UntilItAnswersAsync();
        return api;
    }

    /// <summary>What the description has against a request; null for nothing.</summary>
    public async Task<string?> JudgeAsync(SentRequest sent)
    {
        // Queries have no description.
        if (sent.Path.EndsWith("/graphql", StringComparison.Ordinal)) return null;
        using var request = new HttpRequestMessage(new HttpMethod(sent.Method), new Uri(Address, sent.Route[1..] + sent.QueryText));
        if (sent.Accept is { } accept) request.Headers.Accept.ParseAdd(accept);
        if (sent.Body.Length > 0) request.Content = new StringContent(sent.Body, MediaTypeHeaderValue.Parse(sent.ContentType!));
        using var answer = await client.SendAsync(request);
        return answer.IsSuccessStatusCode ? null : $"{sent}: {await answer.Content.ReadAsStringAsync()}";
    }

    public void Dispose()
    {
        client.Dispose();
        process.Dispose();
        folder.Dispose();
    }

    // The whole description takes half a minute to load.
    private static async Task<string> ReadAsync(string modules, string version, string? comment)
    {
        await using var file = File.OpenRead(Path.Combine(modules, "@octokit", "openapi", "generated", version + ".deref.json"));
        var all = (await JsonNode.ParseAsync(file))!;
        var paths = new JsonObject();
        foreach (var path in Paths) paths[path] = all["paths"]![path]!.DeepClone();
        Correct(paths);
        var description = new JsonObject { ["openapi"] = all["openapi"]!.DeepClone(), ["info"] = all["info"]!.DeepClone(), ["paths"] = paths };
        var text = description.ToJsonString();
        return comment is null ? text : text.Replace("\"body\":\"Me too\"", $"\"body\":{JsonValue.Create(comment).ToJsonString()}", StringComparison.Ordinal);
    }

    // The description's own examples of teams lack a member that its schema requires, and those of a next page lead to github.com.
    private static void Correct(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) Correct(item);
        }
        else if (node is JsonObject example)
        {
            if (example["requested_teams"] is JsonArray) example["requested_teams"] = new JsonArray();
            if (example["headers"] is JsonObject headers) headers.Remove("Link");
            foreach (var (_, value) in example) Correct(value);
        }
    }

    private async Task UntilItAnswersAsync()
    {
        await process.UntilAsync(_ => IsListening());
        if (!IsListening()) throw new InvalidOperationException((await process.WaitAsync()).All);
    }

    private bool IsListening()
    {
        try
        {
            using var tcp = new TcpClient();
            tcp.Connect(IPAddress.Loopback, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
