using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Fingerprints;

/// <summary>Reads what the text encoders of a model compute on the prompts of a fingerprint. Read are the embeddings that occur and the layers up to the last edited one.</summary>
public static class FingerprintReader
{
    /// <summary>Which encoder is in use in each place that a fingerprint names.</summary>
    /// <param name="checkpoint">The model in use, in any form and type.</param>
    /// <param name="fingerprint">The fingerprint of an edit.</param>
    /// <param name="cancellation">Stops between two layers.</param>
    /// <exception cref="CheckpointException">The model cannot be read, or MG0263 when it lacks an encoder.</exception>
    public static ImmutableArray<EncoderIdentity> Identify(Checkpoint checkpoint, ModelFingerprint fingerprint, CancellationToken cancellation = default) =>
        [.. fingerprint.Encoders.Select(e => FingerprintMatch.Of(e, Read(checkpoint, e, fingerprint.Prompts, cancellation)))];

    private static ImmutableArray<ImmutableArray<double>> Read(Checkpoint checkpoint, EncoderFingerprint wanted, ImmutableArray<string> prompts, CancellationToken cancellation)
    {
        var slot = checkpoint.TextEncoders.FirstOrDefault(e => e.Component == wanted.Component)
            ?? throw new CheckpointException("MG0263", $"'{checkpoint.Path}' is {checkpoint.Family.Description} and has no CLIP text encoder '{wanted.Component}', which the report has a fingerprint of. Name the model of this report.", checkpoint.Path);
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        using var encoder = CLIPTextLayers.Open(checkpoint.Component(slot.Component), ScalarType.Float64);
        // A shallower encoder cannot be the edited one; what it gives at its end is compared all the same.
        var depth = Math.Min(wanted.Layers, encoder.Config.NumHiddenLayers);
        var canaries = Canaries.Encode(prompts, CLIPTokenizer.Load(checkpoint, slot.Tokenizer));
        using var reader = new KeyReader(encoder.Embed, canaries.Ids);
        for (var layer = 0; layer < depth; layer++)
        {
            cancellation.ThrowIfCancellationRequested();
            using var module = encoder.LoadLayer(layer);
            reader.Pass(module);
        }

        return StateSketch.Of(reader, canaries.Ends);
    }
}
