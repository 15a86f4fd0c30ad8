using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Layers;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace ModelGuard.Diffusion.Clip;

/// <summary>
/// A CLIP text encoder read on demand, for work that goes through it layer by layer: rows of the embeddings that a sentence uses, and one
/// layer at a time. The 123 million parameters of CLIP ViT-L/14 take 1 GB in float64; one of its layers takes 57 MB.
/// </summary>
public sealed class CLIPTextLayers : IDisposable
{
    private const string Embeddings = "text_model.embeddings.";
    private const string FinalNormName = "text_model.final_layer_norm";
    private readonly Func<Tensor, Tensor> activation;
    private readonly ScalarType dtype;

    private CLIPTextLayers(Component component, ScalarType dtype)
    {
        this.dtype = dtype;
        Weights = component.OpenWeights();
        try
        {
            Config = CLIPTextModel.ReadConfig(component, Weights);
            activation = ActivationFunction.ByName(Config.HiddenAct, Config.Place);
            // On the meta device the network has names and shapes, and no numbers.
            using var names = EmptyParameter.Create(dtype, () => new CLIPTextModel(Config), META);
            ModuleWeights.Check(names, Weights, CLIPTextModel.IsUnused);
        }
        catch
        {
            Weights.Dispose();
            throw;
        }
    }

    /// <summary>The settings.</summary>
    public CLIPTextConfig Config { get; }

    /// <summary>Embeddings of tokens that the vocabulary lacks [n, width], which follow its ids; null for none. The caller disposes them.</summary>
    public Tensor? FurtherTokens { get; set; }

    /// <summary>The weights in the file.</summary>
    public ComponentWeights Weights { get; }

    /// <summary>Opens a text encoder: reads its settings, and checks names and shapes of all its tensors.</summary>
    /// <exception cref="CheckpointException">The config cannot be used; MG0230 to MG0232 for tensors that do not fit it.</exception>
    public static CLIPTextLayers Open(Component component, ScalarType dtype)
    {
        NativeBackend.EnsureLoaded();
        return new CLIPTextLayers(component, dtype);
    }

    /// <summary>Name of a layer's self-attention output projection in the reference's state dict.</summary>
    public static string OutProj(int layer) => LayerPrefix(layer) + "self_attn.out_proj";

    /// <summary>Name of a layer's second MLP projection in the reference's state dict.</summary>
    public static string Fc2(int layer) => LayerPrefix(layer) + "mlp.fc2";

    /// <summary>Ids [n, tokens] (int64) → the state before the first layer [n, tokens, width]. Only the rows of these ids are read.</summary>
    public Tensor Embed(Tensor inputIds)
    {
        using var scope = NewDisposeScope();
        var positions = arange(inputIds.shape[1], dtype: ScalarType.Int64).expand(inputIds.shape).flatten();
        return Embed(inputIds.flatten(), positions).view(inputIds.shape[0], inputIds.shape[1], -1).MoveToOuterDisposeScope();
    }

    /// <summary>Ids [n] and the positions at which they stand [n] (int64) → their states before the first layer [n, width]. Only the rows of these are read.</summary>
    public Tensor Embed(Tensor ids, Tensor positions)
    {
        using var scope = NewDisposeScope();
        return (Tokens([.. ids.data<long>()]) + Lookup([.. positions.data<long>()], rows => Rows("position_embedding.weight", rows))).MoveToOuterDisposeScope();
    }

    /// <summary>Reads one layer; the caller disposes it.</summary>
    /// <param name="layer">Its number, from 0.</param>
    /// <param name="parts">What is read of it. Only what needs no other part can be asked then.</param>
    public CLIPEncoderLayer LoadLayer(int layer, LayerParts parts = LayerParts.All)
    {
        using var noGrad = no_grad();
        var module = EmptyParameter.Create(dtype, () => new CLIPEncoderLayer(Config.HiddenSize, Config.NumAttentionHeads, Config.IntermediateSize, Config.LayerNormEps, activation));
        module.eval();
        foreach (var (path, parameter) in module.named_parameters())
        {
            // What is not written to takes no memory.
            if (parts.HasFlag(PartOf(path))) TensorConversion.Read(Weights.Get(LayerPrefix(layer) + path), parameter);
        }

        return module;
    }

    /// <summary>State after the last layer [n, tokens, width] → after <c>final_layer_norm</c>, which the pipelines of Stable Diffusion 1 and 2 and the pooled row read.</summary>
    public Tensor FinalNorm(Tensor hidden)
    {
        using var scope = NewDisposeScope();
        return functional.layer_norm(hidden, [Config.HiddenSize], Whole(FinalNormName + ".weight"), Whole(FinalNormName + ".bias"), Config.LayerNormEps).MoveToOuterDisposeScope();
    }

    /// <summary>Normed states [n, tokens, width] and their ids [n, tokens] → the projected row at the end token [n, projection].</summary>
    /// <exception cref="CheckpointException">MG0208 when the encoder has no projection.</exception>
    public Tensor Pool(Tensor normed, Tensor inputIds)
    {
        using var scope = NewDisposeScope();
        return matmul(CLIPTextTransformer.EndRows(normed, inputIds, Config.EosTokenId), Whole("text_projection.weight").t()).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose() => Weights.Dispose();

    private static LayerParts PartOf(string path) => path[..path.LastIndexOf('.')] switch
    {
        "self_attn.out_proj" => LayerParts.OutProj,
        "layer_norm2" or "mlp.fc1" => LayerParts.Features,
        "mlp.fc2" => LayerParts.Fc2,
        _ => LayerParts.Heads,
    };

    private static string LayerPrefix(int layer) => FormattableString.Invariant($"text_model.encoder.layers.{layer}.");

    private Tensor Tokens(long[] ids) => Lookup(ids, distinct =>
    {
        var known = distinct.Count(id => id < Config.VocabSize || FurtherTokens is null);
        var table = Rows("token_embedding.weight", distinct[..known]);
        return known == distinct.Length ? table : cat([table, FurtherTokens!.index_select(0, tensor(distinct[known..]) - Config.VocabSize).to(dtype)]);
    });

    // Each row is read once, in ascending order.
    private static Tensor Lookup(long[] numbers, Func<long[], Tensor> read)
    {
        var distinct = numbers.Distinct().Order().ToArray();
        var index = distinct.Select((number, row) => (number, row)).ToDictionary(p => p.number, p => (long)p.row);
        return read(distinct).index_select(0, tensor(numbers.Select(n => index[n]).ToArray()));
    }

    private Tensor Whole(string name) => TensorConversion.Read(Weights.Get(name)).to(dtype);

    private Tensor Rows(string name, long[] rows)
    {
        var weight = Weights.Get(Embeddings + name);
        var stride = weight.ByteLength / weight.Shape[0];
        var result = empty([rows.Length, weight.Shape[1]], dtype: TensorConversion.ToScalarType(weight.DataType));
        var bytes = result.bytes;
        for (var i = 0; i < rows.Length; i++)
        {
            // A tokenizer of another model gives ids that this table does not have.
            if (rows[i] >= weight.Shape[0]) throw new CheckpointException("MG0229", FormattableString.Invariant($"The tokenizer gives the id {rows[i]}, but '{weight.Name}' of '{Weights.Place}' has {weight.Shape[0]} rows. The tokenizer and the text encoder belong to different models."), Weights.Place);
            weight.File.Read(weight.Stored, weight.Start + (rows[i] * stride), bytes.Slice(checked((int)(i * stride)), checked((int)stride)));
        }

        return result.to(dtype);
    }
}
