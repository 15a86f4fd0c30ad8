using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Editing;
using ModelGuard.Fingerprints;
using ModelGuard.Policies;
using ModelGuard.Tests.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Fingerprints;

/// <summary>An edited text encoder is known again wherever it is in use, whatever it is stored as.</summary>
public sealed class FingerprintTests
{
    private static readonly Policy Policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = [0, 1] }, [SomeEdit.Concept("van gogh", "dog"), SomeEdit.Concept("star", "circle")]);

    [Theory]
    [InlineData(ScalarType.Float32, 1)]
    [InlineData(ScalarType.Float16, 1)]
    [InlineData(ScalarType.BFloat16, 1)]
    [InlineData(ScalarType.Float16, 4)]
    [InlineData(ScalarType.BFloat16, 4)]
    public void The_edited_and_the_base_encoder_are_told_apart_in_every_type(ScalarType type, int layers)
    {
        var (edits, fingerprint) = Edit(Policy with { Edit = Policy.Edit with { Layers = [.. Enumerable.Range(0, layers)] } });
        using var edited = SomeEdit.WithTextEncoder((name, tensor) => Edited(edits, name, tensor).to(type));
        using var original = SomeEdit.WithTextEncoder((_, tensor) => tensor.to(type));

        var (found, back) = (Identify(edited.Path, fingerprint), Identify(original.Path, fingerprint));

        Assert.Equal((EncoderKind.Edited, EncoderKind.Base), (found.Kind, back.Kind));
        Assert.Equal((found.Telling, 0), (found.AsEdited, found.AsBase));
        Assert.Equal((0, back.Telling), (back.AsEdited, back.AsBase));
        Assert.InRange(found.Deviation, type == ScalarType.Float32 ? 0 : double.Epsilon, FingerprintMatch.Tolerance(layers));
        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{type}, {layers} layer(s): {found.Deviation:0.0000} off, {found.Telling} telling"));
    }

    [Fact]
    public void Another_edit_is_neither()
    {
        var (_, fingerprint) = Edit(Policy);
        foreach (var other in new[] { Policy with { Concepts = [SomeEdit.Concept("van gogh", "cat"), SomeEdit.Concept("star", "moon")] }, Policy with { Concepts = [Policy.Concepts[0]] }, Policy with { Edit = Policy.Edit with { Layers = [0] } } })
        {
            var (edits, _) = Edit(other);
            using var model = SomeEdit.WithTextEncoder((name, tensor) => Edited(edits, name, tensor));
            Assert.Equal(EncoderKind.Other, Identify(model.Path, fingerprint).Kind);
        }
    }

    [Fact]
    public void A_change_of_another_weight_on_the_way_shows()
    {
        var (edits, fingerprint) = Edit(Policy);
        using var changed = SomeEdit.WithTextEncoder((name, tensor) => name.EndsWith("layers.1.mlp.fc1.weight", StringComparison.Ordinal) ? tensor * 1.5 : Edited(edits, name, tensor));
        Assert.Equal(EncoderKind.Other, Identify(changed.Path, fingerprint).Kind);
        using var model = SomeEdit.WithTextEncoder((name, tensor) => Edited(edits, name, tensor));
        Assert.Equal(EncoderKind.Edited, Identify(model.Path, fingerprint).Kind);
    }

    [Fact]
    public void A_single_file_is_known_too()
    {
        var (edits, fingerprint) = Edit(Policy);
        using var model = SomeEdit.WithTextEncoder((name, tensor) => Edited(edits, name, tensor));
        using var work = new TemporaryFolder();
        CheckpointConverter.ToSingleFile(DiffusersFolder.Open(model.Path), work["model.safetensors"]);

        var checkpoint = Checkpoint.Open(work["model.safetensors"], new CheckpointOptions { Companion = model.Path });

        Assert.Equal(EncoderKind.Edited, Assert.Single(FingerprintReader.Identify(checkpoint, fingerprint)).Kind);
    }

    [Fact]
    public void Each_encoder_of_Stable_Diffusion_XL_has_its_own()
    {
        var checkpoint = Checkpoint.Open(GoldenModels.StableDiffusionXL);
        var fingerprint = ModelFingerprint.Of(Policy, SomeEdit.Solve(checkpoint, Policy))!;

        Assert.Equal(["text_encoder", "text_encoder_2"], fingerprint.Encoders.Select(e => e.Component), StringComparer.Ordinal);
        Assert.Equal([EncoderKind.Base, EncoderKind.Base], FingerprintReader.Identify(checkpoint, fingerprint).Select(i => i.Kind));
        var error = Assert.Throws<CheckpointException>(() => FingerprintReader.Identify(SomeEdit.Tiny(), fingerprint));
        Assert.Equal("MG0263", error.Code);
    }

    [Fact]
    public void The_number_of_threads_changes_no_digit()
    {
        var before = get_num_threads();
        try
        {
            ModelFingerprint[] found = [.. new[] { 1, 2 }.Select(threads =>
            {
                set_num_threads(threads);
                return Edit(Policy).Fingerprint;
            })];
            Assert.Equal(Numbers(found[0]), Numbers(found[1]));
        }
        finally
        {
            set_num_threads(before);
        }

        static IEnumerable<double> Numbers(ModelFingerprint fingerprint) => fingerprint.Encoders.SelectMany(e => e.Edited.Concat(e.Base)).SelectMany(s => s);
    }

    [Fact]
    public void An_edit_of_the_unet_has_none()
    {
        var policy = Policy with { Edit = Policy.Edit with { Method = "uce", Layers = [0] } };

        Assert.Null(ModelFingerprint.Of(policy, SomeEdit.Solve(SomeEdit.Tiny(), policy)));
    }

    [Fact]
    public void Canaries_cover_every_concept_up_to_a_limit_and_some_neutral_prompts()
    {
        Assert.Equal(["van gogh", "star", "", "a photo of a cat", "a city at night", "two people at a table"], CanaryPrompts.Of(Policy));
        var many = Policy with { Concepts = [.. Enumerable.Range(0, 1000).Select(i => SomeEdit.Concept(FormattableString.Invariant($"name {i}"), "dog"))] };
        var prompts = CanaryPrompts.Of(many);
        Assert.Equal(CanaryPrompts.MostConcepts + 4, prompts.Length);
        Assert.Equal(("name 0", "name 958"), (prompts[0], prompts[CanaryPrompts.MostConcepts - 1]));
    }

    [Fact]
    public void What_the_two_have_in_common_tells_nothing()
    {
        ImmutableArray<double> a = [.. Enumerable.Repeat(1.0, 8)], near = [.. a.Select(x => x + FingerprintMatch.Telling(1) - 1e-9)], far = [.. a.Select(x => x + FingerprintMatch.Telling(1) + 1e-9)];

        Assert.Equal(EncoderKind.Undecided, FingerprintMatch.Of(new EncoderFingerprint("e", 1, [a], [near]), [a]).Kind);
        Assert.Equal(EncoderKind.Edited, FingerprintMatch.Of(new EncoderFingerprint("e", 1, [a], [far]), [a]).Kind);
        Assert.Equal(EncoderKind.Base, FingerprintMatch.Of(new EncoderFingerprint("e", 1, [a], [far]), [far]).Kind);
        Assert.Equal(EncoderKind.Other, FingerprintMatch.Of(new EncoderFingerprint("e", 1, [a, a], [far, far]), [a, far]).Kind);
        Assert.Equal(EncoderKind.Other, FingerprintMatch.Of(new EncoderFingerprint("e", 1, [a], [far]), [[.. a.Select(_ => double.NaN)]]).Kind);
    }

    private static (ImmutableArray<EditedTensor> Edits, ModelFingerprint Fingerprint) Edit(Policy policy)
    {
        var edits = SomeEdit.Solve(SomeEdit.Tiny(), policy);
        return (edits, ModelFingerprint.Of(policy, edits)!);
    }

    private static Tensor Edited(ImmutableArray<EditedTensor> edits, string name, Tensor weight) =>
        edits.SingleOrDefault(e => e.Name == name) is { } edit ? tensor(System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(edit.Bytes.AsSpan()).ToArray()).view(weight.shape) : weight;

    private static EncoderIdentity Identify(string path, ModelFingerprint fingerprint) => Assert.Single(FingerprintReader.Identify(Checkpoint.Open(path), fingerprint));
}
