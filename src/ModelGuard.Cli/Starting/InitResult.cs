using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ModelGuard.Policies.Starter;

namespace ModelGuard.Cli.Starting;

/// <summary>Machine output of <c>init</c>.</summary>
/// <param name="Policy">The policy, as full name.</param>
/// <param name="HasSchema">Whether this version's schema stands beside it.</param>
/// <param name="Family">What people call the model.</param>
/// <param name="Pipeline">diffusers' class.</param>
/// <param name="TextEncoders">Its text encoders.</param>
/// <param name="Base">The model, as the policy names it.</param>
/// <param name="Output">Where the edited one goes, as the policy names it.</param>
/// <param name="Scorer">The scorer, as the policy names it; null where none is known.</param>
internal sealed record InitResult(string Policy, bool HasSchema, string Family, string Pipeline, ImmutableArray<StarterEncoder> TextEncoders, string Base, string Output, string? Scorer)
{
    public static InitResult Of(string policy, bool hasSchema, StarterModel model, StarterPlaces places) =>
        new(policy, hasSchema, model.Family.Name, model.Family.PipelineClass, model.Encoders, places.Base, places.Output, places.Scorer);
}

/// <summary>Generated at build time: the command starts in a fraction of a second.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, NewLine = "\n")]
[JsonSerializable(typeof(InitResult))]
internal sealed partial class InitJson : JsonSerializerContext;
