using System.Collections.Immutable;
using ModelGuard.Diffusion.Clip;
using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>How far fillings of a prompt are from what an attack tries to reach, summed over all encoders.</summary>
internal sealed class AttackObjective : IDisposable
{
    private const int TokensPerBatch = 16384;
    private readonly AttackModel model;
    private readonly ImmutableArray<AttackTarget> targets;

    public AttackObjective(AttackModel model, AttackSlots slots, ImmutableArray<AttackTarget> targets)
    {
        this.model = model;
        this.targets = targets;
        Slots = slots;
    }

    /// <summary>The prompt.</summary>
    public AttackSlots Slots { get; }

    /// <summary>The distance of each filling.</summary>
    public double[] Evaluate(IReadOnlyList<long[]> fillings)
    {
        using var noGrad = no_grad();
        var result = new List<double>(fillings.Count);
        foreach (var chunk in fillings.Chunk(Math.Max(1, TokensPerBatch / Slots.Tokenizer.MaxLength)))
        {
            using var scope = NewDisposeScope();
            var ids = tensor(chunk.SelectMany(f => Slots.Fill(f)).ToArray()).view(chunk.Length, -1);
            var sum = zeros(chunk.Length);
            for (var e = 0; e < targets.Length; e++) sum += targets[e].Distance(States(Edited(e).call(ids)), Slots.End);
            result.AddRange(sum.cpu().data<float>().Select(v => (double)v));
        }

        return [.. result];
    }

    /// <summary>
    /// How the distance would change, to first order, if a place held another token: − gradient · embedding, so that larger is better
    /// [places, vocabulary].
    /// </summary>
    public Tensor Promise(long[] filling)
    {
        // Whoever runs an attack may have turned gradients off for its own work.
        using var gradients = enable_grad();
        using var scope = NewDisposeScope();
        var ids = tensor(Slots.Fill(filling)).unsqueeze(0);
        Tensor? promise = null;
        for (var e = 0; e < targets.Length; e++)
        {
            var (encoder, places) = (Edited(e), PlaceIndex());
            var table = encoder.Tower.TokenTable.detach();
            var free = table.index_select(0, tensor(filling)).clone().requires_grad_(true);
            var embedded = encoder.Tower.Embed(ids).detach();
            var hidden = embedded.index_add(1, places, (free - table.index_select(0, tensor(filling))).unsqueeze(0), 1);
            var distance = targets[e].Distance(States(encoder.Continue(ids, hidden, 0)), Slots.End).sum();
            var gradient = autograd.grad([distance], [free])[0];
            var scores = -matmul(gradient, table.t());
            promise = promise is null ? scores : promise + scores;
        }

        return promise!.MoveToOuterDisposeScope();
    }

    /// <summary>The distance of free embeddings in the places of one encoder [places, width], differentiable.</summary>
    public Tensor Distance(int encoder, Tensor free, long[] filling)
    {
        var ids = tensor(Slots.Fill(filling)).unsqueeze(0);
        return targets[encoder].Distance(States(Edited(encoder).Continue(ids, Soft(encoder, free, filling), 0)), Slots.End).sum();
    }

    /// <summary>The state before the first layer with free embeddings in the places [1, tokens, width].</summary>
    public Tensor Soft(int encoder, Tensor free, long[] filling)
    {
        var tower = Edited(encoder).Tower;
        var ids = tensor(Slots.Fill(filling)).unsqueeze(0);
        return tower.Embed(ids).detach().index_add(1, PlaceIndex(), (free - tower.TokenTable.detach().index_select(0, tensor(filling))).unsqueeze(0), 1);
    }

    /// <summary>Number of encoders.</summary>
    public int EncoderCount => targets.Length;

    /// <summary>An edited encoder.</summary>
    public CLIPTextModel Edited(int encoder) => model.Encoders[encoder].Edited.Model;

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var target in targets) target.Dispose();
    }

    private Tensor States(CLIPTextOutput output) => model.StatesOf(output);

    private Tensor PlaceIndex() => tensor([.. Enumerable.Range(Slots.Before.Length, Slots.Count).Select(i => (long)i)]);
}
