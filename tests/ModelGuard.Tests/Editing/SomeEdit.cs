using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diagnostics;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Editing;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

/// <summary>Policies and checkpoints for tests of the edit.</summary>
internal static class SomeEdit
{
    public static Concept Concept(string name, string target) => Concept([name], target);

    public static Concept Concept(ImmutableArray<string> match, string target) => new()
    {
        Id = match[0].Replace(' ', '-'),
        Action = ConceptAction.Remove,
        Attribute = AttributeKind.Style,
        Match = match,
        Target = target,
        Prompts = ["{concept}"],
        Distractors = [],
        Severity = Severity.Medium,
        Location = new SourceLocation("policy.yaml", 1, 1),
    };

    public static PreservedConcept Preserved(string name) => new(name, null, ["{concept}"], [], new SourceLocation("policy.yaml", 1, 1));

    public static Policy Policy(EditSection edit, ImmutableArray<Concept> concepts, params ImmutableArray<PreservedConcept> preserve) => new()
    {
        Path = "policy.yaml",
        Digest = "",
        Model = new ModelSection("base", null, "out", new SourceLocation("policy.yaml", 1, 1)),
        Scorer = "clip",
        Edit = edit,
        Generation = new GenerationSection("ddim", 2, 7.5, 1),
        Concepts = concepts,
        Preserve = preserve,
        Gates = [],
        FailOn = Severity.Medium,
        Waivers = [],
    };

    /// <summary>As in the paper: one layer, the last token of the name alone.</summary>
    public static EditSection LastSubject(double lambda, params ImmutableArray<string> templates) => new("diff-quick-fix", [0], lambda, TokenSelection.LastSubject, 1, templates.IsEmpty ? ["{}"] : templates);

    /// <summary>The edited tensors of a policy, by the method that it names.</summary>
    public static ImmutableArray<EditedTensor> Solve(Checkpoint checkpoint, Policy policy) => EditMethods.Solve(new EditTask(checkpoint, policy));

    public static DiffusersFolder Tiny() => DiffusersFolder.Open(Golden.Model("sd1-tiny"));

    /// <summary>Keys [n, positions, width] of one layer, read on a walk of their own.</summary>
    public static Tensor Keys(CLIPTextModel encoder, int layer, long[][] ids)
    {
        using var reader = new KeyReader(encoder.Tower.Embed, ids);
        for (var i = 0; i < layer; i++) reader.Pass(encoder.Tower.Layer(i));
        return reader.Read(encoder.Tower.Layer(layer));
    }

    /// <summary>A copy of the tiny checkpoint with another text encoder: each tensor as the function gives it.</summary>
    public static TemporaryFolder WithTextEncoder(Func<string, Tensor, Tensor> change)
    {
        using var scope = NewDisposeScope();
        var folder = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        using var file = SafetensorsFile.Open(Path.Combine(Tiny().Path, "text_encoder", "model.safetensors"));
        SafetensorsWriter.Write(folder["text_encoder/model.safetensors"], file.Tensors.Select(info =>
        {
            var tensor = change(info.Name, TensorConversion.Read(file, info));
            return new TensorSource(info.Name, TensorConversion.ToDataType(tensor.dtype), info.Shape, TensorConversion.ToBytes(tensor));
        }));
        return folder;
    }
}
