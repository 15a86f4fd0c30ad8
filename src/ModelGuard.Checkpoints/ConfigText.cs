namespace ModelGuard.Checkpoints;

/// <summary>A component's settings as they are written, and where.</summary>
/// <param name="Json">The text of a <c>config.json</c>.</param>
/// <param name="Place">Where it was read, for messages.</param>
public sealed record ConfigText(string Json, string Place);
