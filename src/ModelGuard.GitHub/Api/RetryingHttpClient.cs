using Octokit;
using Octokit.Internal;
using Polly;
using Polly.Retry;

namespace ModelGuard.GitHub.Api;

/// <summary>Octokit's HTTP client, which sends again what <see cref="RetryRule"/> allows, and stops when the run is cancelled.</summary>
internal sealed class RetryingHttpClient : IHttpClient
{
    // As GitHub's documentation recommends, and as its description of the API says; Octokit still asks for previews that have become the API.
    private const string Accept = "application/vnd.github+json, application/json;q=0.9";

    private static readonly ResiliencePropertyKey<State> StateKey = new("modelguard-retry");
    private readonly IHttpClient inner;
    private readonly Uri graphQl;
    private readonly CancellationToken cancellation;
    private readonly ResiliencePipeline<IResponse> pipeline;

    /// <summary>Wraps a client.</summary>
    /// <param name="inner">Sends one request once.</param>
    /// <param name="graphQl">Where queries go: reading, though by POST.</param>
    /// <param name="rule">What is sent again.</param>
    /// <param name="clock">Waits, and says what time it is.</param>
    /// <param name="cancellation">Ends requests and waits; Octokit passes no token on.</param>
    public RetryingHttpClient(IHttpClient inner, Uri graphQl, RetryRule rule, TimeProvider clock, CancellationToken cancellation)
    {
        (this.inner, this.graphQl, this.cancellation) = (inner, graphQl, cancellation);
        pipeline = new ResiliencePipelineBuilder<IResponse> { TimeProvider = clock }.AddRetry(new RetryStrategyOptions<IResponse>
        {
            MaxRetryAttempts = RetryRule.Retries,
            ShouldHandle = args =>
            {
                var state = args.Context.Properties.GetValue(StateKey, null!);
                state.Next = args.Context.CancellationToken.IsCancellationRequested ? null : rule.Wait(args.Outcome.Result, args.Outcome.Exception, state.IsRepeatable, args.AttemptNumber, state.Waited, clock.GetUtcNow());
                return ValueTask.FromResult(state.Next is not null);
            },
            DelayGenerator = args =>
            {
                var state = args.Context.Properties.GetValue(StateKey, null!);
                state.Waited += state.Next ?? TimeSpan.Zero;
                return ValueTask.FromResult(state.Next);
            },
        }).Build();
    }

    /// <inheritdoc />
    public async Task<IResponse> Send(IRequest request, CancellationToken cancellationToken, Func<object, object>? preprocessResponseBody = null)
    {
        request.Headers["Accept"] = Accept;
        // Octokit calls its JSON a form.
        if (request is Request { Body: string } withBody) withBody.ContentType = "application/json";
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, cancellation);
        var context = ResilienceContextPool.Shared.Get(linked.Token);
        try
        {
            context.Properties.Set(StateKey, new State(IsRepeatable(request)));
            return await pipeline.ExecuteAsync(async c => await inner.Send(request, c.CancellationToken, preprocessResponseBody), context);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <inheritdoc />
    public void SetRequestTimeout(TimeSpan timeout) => inner.SetRequestTimeout(timeout);

    /// <inheritdoc />
    public void Dispose() => inner.Dispose();

    // A second POST would make a second comment.
    private bool IsRepeatable(IRequest request) => request.Method != HttpMethod.Post || new Uri(request.BaseAddress, request.Endpoint) == graphQl;

    private sealed class State(bool isRepeatable)
    {
        public bool IsRepeatable { get; } = isRepeatable;

        public TimeSpan Waited { get; set; }

        public TimeSpan? Next { get; set; }
    }
}
