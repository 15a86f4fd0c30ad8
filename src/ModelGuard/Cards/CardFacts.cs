using System.Collections.Immutable;
using ModelGuard.Reports;

namespace ModelGuard.Cards;

/// <summary>What a model card says of an edit.</summary>
/// <param name="BaseModel">The base as the hub knows it, for example <c>owner/name</c>, or the name of its folder.</param>
/// <param name="BaseDigest">Its root digest.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Method">The method of the edit.</param>
/// <param name="Tensors">The edited tensors, as <c>component/key</c>.</param>
public sealed record CardFacts(string BaseModel, string BaseDigest, PolicyReference Policy, string Method, ImmutableArray<string> Tensors)
{
    /// <summary>What the report of an edit says; null for the report of an audit.</summary>
    /// <param name="report">The report.</param>
    /// <param name="baseModel">The base's name on the hub; null for its name in the report.</param>
    public static CardFacts? Of(ReportFile report, string? baseModel) => report.Document is { Edit: { } edit, Model.Base: var original, Policy: var policy }
        ? new CardFacts(baseModel ?? original.Name, original.Digest, policy, edit.Methods, [.. edit.TensorNames])
        : null;
}
