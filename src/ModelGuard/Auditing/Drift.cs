using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Editing.Captions;
using ModelGuard.Policies;
using ModelGuard.Verdicts;
using static TorchSharp.torch;

namespace ModelGuard.Auditing;

/// <summary>
/// The metric <c>drift</c>: how far ordinary prompts with a preserved name have moved in what the text encoders give to cross-attention,
/// ‖S′ − S‖ ÷ ‖S‖ over all positions behind the begin token, with S of the base and S′ of the edited model. No picture is made.
/// </summary>
/// <param name="edited">The edited model.</param>
/// <param name="baseline">Its base.</param>
internal sealed class Drift(StableDiffusionPipeline edited, StableDiffusionPipeline baseline)
{
    /// <summary>Name of the metric.</summary>
    public const string Metric = "drift";

    /// <summary>Ordinary sentences around each name.</summary>
    private const int Sentences = 12;

    /// <summary>Measures a preserved name: one observation for each prompt.</summary>
    public Measurement Measure(PreservedConcept preserved, Policy policy)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var prompts = Prompts(preserved, policy);
        var (before, after) = (States(baseline), States(edited));
        var relative = ((after - before).square().sum([1, 2]) / before.square().sum([1, 2])).sqrt();
        return new Measurement(Metric, false, [.. relative.cpu().data<double>()], []);

        // The begin token is the same in every prompt and no edit moves it, and its state is by far the longest.
        Tensor States(StableDiffusionPipeline pipeline) => pipeline.Encode(prompts).States[TensorIndex.Colon, 1..].to(ScalarType.Float64);
    }

    /// <summary>The name's own prompts, and sentences with it that the edit was not solved on.</summary>
    private string[] Prompts(PreservedConcept preserved, Policy policy)
    {
        var writer = new CaptionWriter(Lexicon.Of(policy, baseline.Tokenizer));
        var sentences = writer.HeldOut(preserved.Attribute ?? AttributeKind.Fact, Sentences, policy.Edit.Contexts).Select(s => CaptionWriter.Fill(s, preserved.Name));
        var own = preserved.Prompts.Select(p => p.Replace(ConceptReader.Placeholder, preserved.Name, StringComparison.Ordinal));
        return [.. own.Concat(sentences.Except(writer.Ordinary(policy.Edit.Captions), StringComparer.Ordinal)).Distinct(StringComparer.Ordinal)];
    }
}
