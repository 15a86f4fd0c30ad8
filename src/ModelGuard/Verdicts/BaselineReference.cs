namespace ModelGuard.Verdicts;

/// <summary>A baseline that a gate was judged against.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Digest">SHA-256 of its bytes, as <c>sha256:</c> and lower-case hex.</param>
public sealed record BaselineReference(string Name, string Digest);
