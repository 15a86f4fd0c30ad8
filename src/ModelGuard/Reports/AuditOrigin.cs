namespace ModelGuard.Reports;

/// <summary>What the measurements of an audit come from: results with the same origin belong together.</summary>
/// <param name="ToolVersion">Version of this tool.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Base">The base checkpoint.</param>
/// <param name="Model">The checkpoint that is judged.</param>
/// <param name="Environment">What the numbers depend on besides the inputs.</param>
/// <param name="ScorerDigest">SHA-256 of the scorer's weights.</param>
/// <param name="PicturesPerBatch">How many pictures are computed together.</param>
public sealed record AuditOrigin(string ToolVersion, PolicyReference Policy, ModelReference Base, ModelReference Model, ComputeEnvironment Environment, string ScorerDigest, int PicturesPerBatch);
