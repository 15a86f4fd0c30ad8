using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ModelGuard.GitHub.Tests.Server;

/// <summary>An answer; <paramref name="Pages"/> is the number of pages of a list.</summary>
internal sealed record FakeAnswer(int Status, JsonNode? Json, string? Text = null, int Pages = 1)
{
    public static FakeAnswer Error(int status, string message, JsonArray? errors = null)
    {
        var body = new JsonObject { ["message"] = message, ["documentation_url"] = "https://docs.github.com/rest", ["status"] = status.ToString(CultureInfo.InvariantCulture) };
        if (errors is not null) body["errors"] = errors;
        return new FakeAnswer(status, body);
    }

    public async Task WriteAsync(HttpContext context, SentRequest request)
    {
        context.Response.StatusCode = Status;
        var page = int.Parse(request.Query["page"].FirstOrDefault() ?? "1", CultureInfo.InvariantCulture);
        // As GitHub links pages (RFC 8288).
        if (page < Pages) context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"<http://{context.Request.Host}{request.Path}?per_page={request.Query["per_page"]}&page={page + 1}>; rel=\"next\"");
        await WriteBodyAsync(context);
    }

    public async Task WriteBodyAsync(HttpContext context)
    {
        if (Status == 204) return;
        context.Response.ContentType = Text?.StartsWith('<') == true ? "text/html" : "application/json; charset=utf-8";
        await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Text ?? Json?.ToJsonString() ?? ""));
    }
}
