using CsCheck;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Weights;
using ModelGuard.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Tests.Editing;

/// <summary>Keys, and what an edited encoder gives, against the reference.</summary>
public sealed class KeyReaderTests
{
    [Fact]
    public void Keys_equal_the_references_also_beyond_one_batch()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("edit", "edit");
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64, 1);
        var (ids, targets) = (Rows(golden["prompt_ids"]), Rows(golden["target_ids"]));
        // Eight times ten sentences: more than are read at once.
        long[][] many = [.. Enumerable.Repeat(ids, 8).SelectMany(r => r)];

        var (keys, targetKeys) = (SomeEdit.Keys(encoder, 0, many), SomeEdit.Keys(encoder, 0, targets));

        Assert.Equal([80, 77, 32], keys.shape);
        int[] keyPositions = [11, 8, 10, 12, 6, 4, 5, 4, 15, 4], valuePositions = [2, 2, 2, 7, 5, 2, 3, 9, 3, 2];
        var expected = golden["keys"];
        for (var i = 0; i < 10; i++)
        {
            Assert.InRange((keys[i, keyPositions[i]] - expected[i]).abs().max().item<double>(), 0, 1e-12);
            Assert.InRange((keys[70 + i, keyPositions[i]] - expected[i]).abs().max().item<double>(), 0, 1e-12);
            Assert.InRange((targetKeys[i, valuePositions[i]] - golden["target_keys"][i]).abs().max().item<double>(), 0, 1e-12);
        }
    }

    [Fact]
    public void Keys_of_the_first_layer_do_not_depend_on_the_order_of_the_sentences_to_the_last_bit()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("edit", "edit");
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64, 1);
        long[][] ids = [.. Rows(golden["prompt_ids"]), .. Rows(golden["target_ids"])];

        var (keys, reversed) = (SomeEdit.Keys(encoder, 0, ids), SomeEdit.Keys(encoder, 0, [.. ids.Reverse()]));

        Assert.False(keys.ne(reversed.flip(0)).any().item<bool>());
    }

    [Theory]
    [InlineData(12)]
    [InlineData(77)]
    public void Keys_that_are_picked_are_those_of_whole_sentences(int length)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("edit", "edit");
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64, 1);
        // Cut before the padding, the sentences have no common end.
        long[][] ids = [.. Rows(golden["prompt_ids"]).Concat(Rows(golden["target_ids"])).Select(i => i[..length])];
        var whole = SomeEdit.Keys(encoder, 0, ids);
        using var reader = new KeyReader(encoder.Tower.Embed, ids);

        Gen.Select(Gen.Int[0, ids.Length - 1], Gen.Int[0, length - 1]).Array[1, 60].Sample(
            picks =>
            {
                using var inner = NewDisposeScope();
                var keys = reader.Read(encoder.Tower.Layer(0), EncoderSite.OutProj, [.. picks]);
                Assert.InRange((keys - KeyRows.Of(whole, [.. picks])).abs().max().item<double>(), 0, 1e-13);
            },
            iter: 100,
            threads: 1);
    }

    [Fact]
    public void Keys_of_every_layer_are_the_inputs_of_its_projection()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "text_encoder");
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"));

        for (var layer = 0; layer < 4; layer++) golden.AssertClose($"layers.{layer}.out_proj.input", SomeEdit.Keys(encoder, layer, Rows(golden["input_ids"])));
    }

    [Fact]
    public void A_fork_goes_on_by_itself_from_where_it_was_made()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "text_encoder");
        using var encoder = CLIPTextModel.Load(SomeEdit.Tiny().Component("text_encoder"));
        using var reader = new KeyReader(encoder.Tower.Embed, Rows(golden["input_ids"]));
        reader.Pass(encoder.Tower.Layer(0));
        golden.AssertClose("layers.1.out_proj.input", reader.Read(encoder.Tower.Layer(1)));

        using var fork = reader.Fork();
        reader.Pass(encoder.Tower.Layer(1));
        reader.Pass(encoder.Tower.Layer(2));

        golden.AssertClose("layers.3.out_proj.input", reader.Read(encoder.Tower.Layer(3)));
        golden.AssertClose("layers.1.out_proj.input", fork.Read(encoder.Tower.Layer(1)));
        fork.Pass(encoder.Tower.Layer(1));
        golden.AssertClose("layers.2.out_proj.input", fork.Read(encoder.Tower.Layer(2)));
    }

    [Fact]
    public void Layers_read_one_by_one_give_the_states_of_the_whole_encoder()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "text_encoder");
        using var encoder = CLIPTextLayers.Open(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float32);
        using var reader = new KeyReader(encoder.Embed, Rows(golden["input_ids"]));

        golden.AssertClose("hidden_states.0", encoder.Embed(golden["input_ids"]));
        for (var layer = 0; layer < 4; layer++)
        {
            using var attention = encoder.LoadLayer(layer, LayerParts.Heads);
            golden.AssertClose($"layers.{layer}.out_proj.input", reader.Read(attention));
            using var whole = encoder.LoadLayer(layer);
            reader.Pass(whole);
        }
    }

    [Fact]
    public void A_layer_that_is_read_part_by_part_gives_the_bits_of_the_whole_one()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var golden = new Golden("sd1-tiny.golden", "text_encoder");
        using var encoder = CLIPTextLayers.Open(SomeEdit.Tiny().Component("text_encoder"), ScalarType.Float64);
        using var inParts = new KeyReader(encoder.Embed, Rows(golden["input_ids"]));
        using var atOnce = inParts.Fork();

        for (var layer = 0; layer < 3; layer++)
        {
            using var whole = encoder.LoadLayer(layer);
            atOnce.Pass(whole);
            Step(layer, LayerParts.Heads, module => inParts.Prepare(module, EncoderSite.OutProj));
            Step(layer, LayerParts.OutProj | LayerParts.Features, module => inParts.Prepare(module, EncoderSite.Fc2));
            Step(layer, LayerParts.OutProj | LayerParts.Fc2, inParts.Pass);
            Assert.Equal(atOnce.State().data<double>().ToArray(), inParts.State().data<double>().ToArray());
        }

        void Step(int layer, LayerParts parts, Action<CLIPEncoderLayer> go)
        {
            using var module = encoder.LoadLayer(layer, parts);
            go(module);
        }
    }

    [Fact]
    public void The_edited_encoder_and_its_pictures_equal_the_references()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = new TemporaryFolder();
        using var weights = new Golden("edit", "edit");
        using var golden = new Golden("edit", "edited_text_encoder");
        using var latents = new Golden("edit", "edited_pipeline");
        var bytes = TensorConversion.ToBytes(weights["W.n10.lambda0.1"].to(ScalarType.Float32));
        var facts = new EditFacts("F32", 10, 0, 0, 0, 0, 1, 0, 0, "", "");

        EditedCheckpoint.Publish(SomeEdit.Tiny(), () => [new EditedTensor("text_encoder", CLIPTextLayers.OutProj(0) + ".weight", 0, [.. bytes], facts)], folder["edited"], new PublishOptions(LinkRule.Refuse, DigestCache.None), _ => { });

        using var encoder = CLIPTextModel.Load(Path.Combine(folder["edited"], "text_encoder"));
        var output = encoder.call(golden["input_ids"]);
        golden.AssertClose("layers.0.out_proj.input", SomeEdit.Keys(encoder, 0, Rows(golden["input_ids"])));
        golden.AssertClose("hidden_states.1", output.HiddenStates[1]);
        golden.AssertClose("last_hidden_state", output.LastHiddenState);
        golden.AssertClose("pooler_output", output.PoolerOutput);
        using var pipeline = StableDiffusionPipeline.Load(folder["edited"]);
        var picture = Assert.Single(pipeline.Generate([new("a painting in the style of van gogh", 0)], new GenerationSettings { Steps = 10 }, latents["initial_latents"]));
        latents.AssertClose("latents", picture.Latents.unsqueeze(0));
    }

    private static long[][] Rows(Tensor ids) => [.. ids.data<long>().Chunk(77)];
}
