using Microsoft.AspNetCore.Http;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>A failure of the server.</summary>
/// <param name="Method">Of which requests.</param>
/// <param name="PathEnd">The end of their path.</param>
/// <param name="Status">The status; 0 to break the connection.</param>
/// <param name="Message">GitHub's words.</param>
/// <param name="Headers">Headers of the answer.</param>
internal sealed record Fault(string Method, string PathEnd, int Status, string Message = "Server Error", params (string Name, string Value)[] Headers)
{
    public int Times { get; set; } = 1;

    /// <summary>Whether the request was carried out before the answer failed.</summary>
    public bool IsAfterwards { get; init; }

    /// <summary>The whole body, instead of an object with the message.</summary>
    public string? Body { get; init; }

    public bool Matches(SentRequest request) => request.Method == Method && request.Path.EndsWith(PathEnd, StringComparison.Ordinal);

    public async Task AnswerAsync(HttpContext context)
    {
        if (Status == 0)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = Status;
        foreach (var (name, value) in Headers) context.Response.Headers[name] = value;
        if (Body is { } body) await new FakeAnswer(Status, null, body).WriteBodyAsync(context);
        else await FakeAnswer.Error(Status, Message).WriteBodyAsync(context);
    }
}
