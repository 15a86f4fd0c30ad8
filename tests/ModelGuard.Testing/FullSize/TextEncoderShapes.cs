using System.Collections.Immutable;
using System.Text.Json;

namespace ModelGuard.Testing.FullSize;

/// <summary>The tensors of a CLIP text encoder, from its config alone (transformers' <c>modeling_clip.py</c>).</summary>
public static class TextEncoderShapes
{
    public static ImmutableArray<TensorShape> Of(JsonElement config)
    {
        var list = new ShapeList();
        long Get(string key) => config.GetProperty(key).GetInt64();
        long width = Get("hidden_size"), inner = Get("intermediate_size");
        list.Add("text_model.embeddings.token_embedding.weight", Get("vocab_size"), width);
        list.Add("text_model.embeddings.position_embedding.weight", Get("max_position_embeddings"), width);
        for (var i = 0; i < Get("num_hidden_layers"); i++)
        {
            var layer = FormattableString.Invariant($"text_model.encoder.layers.{i}");
            foreach (var name in new[] { "k_proj", "v_proj", "q_proj", "out_proj" }) list.Linear($"{layer}.self_attn.{name}", width, width);
            list.Norm(layer + ".layer_norm1", width);
            list.Linear(layer + ".mlp.fc1", width, inner);
            list.Linear(layer + ".mlp.fc2", inner, width);
            list.Norm(layer + ".layer_norm2", width);
        }

        list.Norm("text_model.final_layer_norm", width);
        if (config.GetProperty("architectures")[0].GetString() == "CLIPTextModelWithProjection") list.Linear("text_projection", width, Get("projection_dim"), hasBias: false);
        return list.Shapes;
    }
}
