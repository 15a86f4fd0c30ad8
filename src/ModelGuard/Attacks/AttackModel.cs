using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>A text encoder that is attacked, and what it was before the edit.</summary>
/// <param name="Edited">The edited encoder with its tokenizer.</param>
/// <param name="Base">The unedited one, which says what the concept looks like in the space of states.</param>
public sealed record AttackedEncoder(PipelineTextEncoder Edited, CLIPTextModel Base);

/// <summary>What an attacker has: the text encoders of a model before and after the edit, their weights and gradients, and no pictures (white box, data-free).</summary>
/// <param name="StatesOf">What of an encoder's output reaches the UNet's cross-attention [n, tokens, width].</param>
/// <param name="Encoders">The text encoders.</param>
public sealed record AttackModel(Func<CLIPTextOutput, Tensor> StatesOf, ImmutableArray<AttackedEncoder> Encoders)
{
    private const string Unet = "unet";
    private const string KeysEnd = ".attn2.to_k.weight";
    private const string ValuesEnd = ".attn2.to_v.weight";

    /// <summary>Recovers text states for an edited cross-attention; null for one that was not edited. The UNets are read when it is asked for.</summary>
    internal Func<ContextRecovery?> Context { get; init; } = () => null;

    /// <summary>The encoders of two pipelines of one family.</summary>
    public static AttackModel Of(StableDiffusionPipeline edited, StableDiffusionPipeline baseline) =>
        new(edited.StatesOf, [.. edited.TextEncoders.Zip(baseline.TextEncoders, (e, b) => new AttackedEncoder(e, b.Model))])
        {
            Context = () => Recovery(edited.Checkpoint, baseline.Checkpoint),
        };

    /// <summary>The text encoders of a checkpoint in float32, unedited, each its own base. The caller disposes them.</summary>
    internal static AttackModel Of(Checkpoint checkpoint)
    {
        ImmutableArray<AttackedEncoder> encoders =
        [
            .. checkpoint.TextEncoders.Select(slot =>
            {
                var encoder = CLIPTextModel.Load(checkpoint.Component(slot.Component));
                return new AttackedEncoder(new PipelineTextEncoder(slot.Component, encoder, CLIPTokenizer.Load(checkpoint, slot.Tokenizer)), encoder);
            }),
        ];

        // Stable Diffusion XL, the only family here with two encoders, reads the state before the last layer.
        return new AttackModel(encoders.Length > 1 ? output => output.HiddenStates[^2] : output => output.LastHiddenState, encoders);
    }

    /// <summary>An encoder's output with other states where the UNet reads them [n, tokens, width].</summary>
    internal CLIPTextOutput WithStates(CLIPTextOutput output, Tensor states) => ReferenceEquals(StatesOf(output), output.LastHiddenState)
        ? output with { LastHiddenState = states }
        : output with { HiddenStates = output.HiddenStates.SetItem(output.HiddenStates.Length - 2, states) };

    // From the files, one weight after the other: an attack on text encoders needs no UNet, and that of Stable Diffusion XL has ten gigabytes.
    private static ContextRecovery? Recovery(Checkpoint edited, Checkpoint baseline)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var after = edited.Component(Unet).OpenWeights();
        using var before = baseline.Component(Unet).OpenWeights();
        string[] names = [.. before.Tensors.Select(t => t.Name).Where(n => n.EndsWith(KeysEnd, StringComparison.Ordinal) || n.EndsWith(ValuesEnd, StringComparison.Ordinal))];
        return Array.TrueForAll(names, AreEqual) ? null : ContextRecovery.Of(names.Select(n => (TensorConversion.Read(after.Get(n)), TensorConversion.Read(before.Get(n)))));

        bool AreEqual(string name)
        {
            using var pair = NewDisposeScope();
            return TensorConversion.Read(after.Get(name)).equal(TensorConversion.Read(before.Get(name))).all().item<bool>();
        }
    }
}
