using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>
/// A GitHub with one repository, as a server of its own on this machine: it keeps what it is told, limits what GitHub limits, and fails where a
/// test says so. Its addresses are those of an Enterprise Server.
/// </summary>
internal sealed class FakeGitHub : IAsyncDisposable
{
    public const string Token = "ghs_0123456789abcdefSECRET";
    public const string Bot = "github-actions[bot]";
    private readonly WebApplication server;
    private readonly ConcurrentQueue<SentRequest> requests = new();
    private readonly ConcurrentQueue<string> violations = new();

    private FakeGitHub(WebApplication server) => this.server = server;

    /// <summary>All that the repository holds.</summary>
    public FakeRepository State { get; } = new();

    /// <summary>Failures to come.</summary>
    public List<Fault> Faults { get; } = [];

    /// <summary>What was asked for, in order.</summary>
    public SentRequest[] Requests => [.. requests];

    /// <summary>What changed something, or tried to.</summary>
    public SentRequest[] Writes => [.. requests.Where(r => r.Method != "GET" && !r.Path.EndsWith("/graphql", StringComparison.Ordinal))];

    /// <summary>What GitHub's own description of its API has against the requests.</summary>
    public string[] Violations => [.. violations];

    /// <summary>Judges each request besides; null for nobody.</summary>
    public Func<SentRequest, Task<string?>>? Judge { get; set; }

    public string Api => server.Urls.Single() + "/api/v3";

    public string GraphQl => server.Urls.Single() + "/api/graphql";

    public static async Task<FakeGitHub> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var application = builder.Build();
        var fake = new FakeGitHub(application);
        application.Run(fake.AnswerAsync);
        await application.StartAsync();
        return fake;
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var request = await SentRequest.ReadAsync(context.Request);
        requests.Enqueue(request);
        if (Judge is { } judge && await judge(request) is { } violation) violations.Enqueue(violation);
        var fault = Take(request);
        if (fault is { IsAfterwards: false }) await fault.AnswerAsync(context);
        else
        {
            var answer = FakeRoutes.Answer(request, State);
            if (fault is null) await answer.WriteAsync(context, request);
            else await fault.AnswerAsync(context);
        }
    }

    private Fault? Take(SentRequest request)
    {
        lock (Faults)
        {
            if (Faults.FirstOrDefault(f => f.Matches(request)) is not { } fault) return null;
            if (fault.Times == 1) Faults.Remove(fault);
            else fault.Times--;
            return fault;
        }
    }
}
