using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Editing;
using static TorchSharp.torch;

namespace ModelGuard.Analysis;

/// <summary>
/// How the keys of names lie to each other in a text encoder: the inputs of the first layer's <c>out_proj</c> at a name's last token, each
/// name alone in its sentence. Those are the directions along which an edit of that layer changes the weight.
/// </summary>
/// <param name="Cosines">Cosine of each edited name's key with each other one [n, n].</param>
/// <param name="PreservedCosines">Cosine of each preserved name's key with each edited one's [p, n].</param>
/// <param name="Shares">Of each preserved name's key, how much of its squared length lies in the span of the edited ones [p]; empty where they are so many that their span is most of the space.</param>
public sealed record KeyGeometry(double[,] Cosines, double[,] PreservedCosines, ImmutableArray<double> Shares)
{
    // Singular values below this part of the largest one are rounding.
    private const double Rounding = 1e-5;

    // With more names than a quarter of the width, nearly everything lies in their span.
    private const int WidthPerName = 4;

    /// <summary>Measures the keys of names; only the embeddings that occur and half of one layer are read.</summary>
    /// <param name="encoder">The text encoder.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="edited">Names that are edited, at least one.</param>
    /// <param name="preserved">Names that are preserved.</param>
    /// <exception cref="CheckpointException">The encoder cannot be used.</exception>
    public static KeyGeometry Measure(Component encoder, ITokenizer tokenizer, IReadOnlyList<string> edited, IReadOnlyList<string> preserved)
    {
        using var held = FinalizerHold.Enter();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var layers = CLIPTextLayers.Open(encoder, ScalarType.Float32);
        using var first = layers.LoadLayer(0, LayerParts.Heads);
        var keys = Keys(layers, first, tokenizer, [.. edited, .. preserved]).to(ScalarType.Float64);
        keys /= keys.norm(1, keepdim: true);
        var (own, kept) = (keys[..edited.Count], keys[edited.Count..]);
        return new KeyGeometry(Rows(matmul(own, own.t())), Rows(matmul(kept, own.t())), edited.Count * WidthPerName > keys.shape[1] ? [] : SharesOf(own, kept));
    }

    /// <summary>Pairs of edited names with at least this cosine, the first before the second. Of a thousand names there are half a million.</summary>
    internal IEnumerable<(int First, int Second)> Pairs(double cosine)
    {
        for (var second = 0; second < Cosines.GetLength(0); second++)
        {
            for (var first = 0; first < second; first++)
            {
                if (Cosines[first, second] >= cosine) yield return (first, second);
            }
        }
    }

    private static ImmutableArray<double> SharesOf(Tensor own, Tensor kept)
    {
        var (_, s, vh) = linalg.svd(own, fullMatrices: false);
        var basis = vh[s.gt(Rounding * s[0])];
        return [.. matmul(kept, basis.t()).square().sum(1).data<double>()];
    }

    /// <summary>Keys [n, width]. Attention looks back only, so what stands behind the last token of a name does not matter and is left out.</summary>
    private static Tensor Keys(CLIPTextLayers layers, CLIPEncoderLayer first, ITokenizer tokenizer, string[] names)
    {
        long[][] ids = [.. names.Select(n => tokenizer.Encode(n).ToArray())];
        int[] last = [.. names.Select((n, i) => Math.Max(SubjectAlignment.LastSubjectToken(ids[i], [.. tokenizer.TokenizeToIds(n)]), 1))];
        var length = last.Max() + 1;
        using var reader = new KeyReader(layers.Embed, [.. ids.Select(i => i[..length])]);
        return reader.Read(first, EncoderSite.OutProj, [.. last.Select((position, name) => (name, position))]);
    }

    private static double[,] Rows(Tensor matrix)
    {
        var (rows, columns) = (checked((int)matrix.shape[0]), checked((int)matrix.shape[1]));
        var result = new double[rows, columns];
        // A policy may preserve nothing, and of no rows TorchSharp gives no memory.
        if (rows > 0) Buffer.BlockCopy(matrix.contiguous().data<double>().ToArray(), 0, result, 0, rows * columns * sizeof(double));
        return result;
    }
}
