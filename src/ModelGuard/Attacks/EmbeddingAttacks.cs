using System.Collections.Immutable;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Policies;
using static TorchSharp.torch;

namespace ModelGuard.Attacks;

/// <summary>What is attacked.</summary>
/// <param name="Prompt">A prompt with the concept.</param>
/// <param name="Name">The concept as it stands in it.</param>
/// <param name="Neutral">What replaces the concept; the attack by a concept vector starts from a prompt with it.</param>
public sealed record AttackSubject(string Prompt, string Name, string Neutral)
{
    /// <summary>The prompt without the concept.</summary>
    public string NeutralPrompt => Prompt.Replace(Name, Neutral, StringComparison.Ordinal);
}

/// <summary>Attacks on an edited text encoder in the space of its states: seconds on a CPU, no pictures.</summary>
/// <param name="model">What is attacked.</param>
/// <param name="budget">How much may be tried.</param>
public sealed class EmbeddingAttacks(AttackModel model, AttackBudget budget) : IDisposable
{
    // How far along the concept's direction Ring-A-Bell looks; 3 to 5.5 in its code.
    private const double ConceptStrength = 3;

    // It depends on the weights alone, and takes products of all that read the text: once, not for each prompt.
    private readonly Lazy<ContextRecovery?> context = new(model.Context);
    private readonly Dictionary<int, Tensor> views = [];

    /// <summary>The attacks' names, in the order in which they run.</summary>
    public static ImmutableArray<string> Names { get; } = AttackSection.All;

    /// <inheritdoc />
    public void Dispose()
    {
        if (context.IsValueCreated) context.Value?.Dispose();
        foreach (var view in views.Values) view.Dispose();
    }

    /// <summary>Runs one attack on one prompt.</summary>
    /// <returns>Null where the text encoder does not read enough tokens for it, or nothing that can be typed was drawn.</returns>
    /// <exception cref="ArgumentException">No attack has that name.</exception>
    internal AttackResult? Run(string attack, AttackSubject subject, IReadOnlyList<AttackSubject> all, CancellationToken cancellation)
    {
        using var held = FinalizerHold.Enter();
        var tokenizer = model.Encoders[0].Edited.Tokenizer;
        var own = tokenizer.TokenizeToIds(subject.Name);
        return attack switch
        {
            "closed-form" => ClosedForm(subject),
            "token-search" => Search(attack, subject, AttackSlots.InFrontOf(subject.Prompt, budget.Tokens, tokenizer), cancellation),
            "token-search-in-place" => Search(attack, subject, AttackSlots.InsteadOf(subject.Prompt, subject.Name, Math.Max(budget.Tokens, own.Length), tokenizer), cancellation),
            "concept-vector" => ConceptVector(subject, all, AttackSlots.InFrontOf(subject.NeutralPrompt, budget.Tokens, tokenizer), cancellation),
            "soft-prompt" => Soft(subject, AttackSlots.InsteadOf(subject.Prompt, subject.Name, own.Length, tokenizer), [.. own], cancellation),
            _ => throw new ArgumentException($"No attack is called '{attack}'; there are {string.Join(", ", Names)}.", nameof(attack)),
        };
    }

    /// <summary>
    /// Which of some prompts, as the base encodes them, what an edited encoder gives is nearest to, from the end token on: recognition among
    /// states instead of pictures.
    /// </summary>
    /// <param name="outputs">What the edited encoders give, one row, in the pipeline's order.</param>
    /// <param name="end">Position of its end token.</param>
    /// <param name="prompts">The prompts.</param>
    /// <returns>The place of the nearest, the first of several.</returns>
    internal int Nearest(IReadOnlyList<CLIPTextOutput> outputs, int end, IReadOnlyList<string> prompts)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var distances = prompts.Select(prompt => outputs.Select((output, e) =>
        {
            using var target = Target(e, prompt, edited: false);
            return (double)target.Distance(model.StatesOf(output), end).item<float>();
        }).Sum()).ToArray();
        return Array.IndexOf(distances, distances.Min());
    }

    /// <summary>Whether some text encoder differs from the base's. Where none does, an edit is elsewhere, and states say nothing about it.</summary>
    internal bool AreEncodersEdited() => model.Encoders.Any(e => e.Edited.Model.named_parameters().Zip(e.Base.named_parameters()).Any(p => !p.First.parameter.equal(p.Second.parameter).all().item<bool>()));

    /// <summary>What the edited encoders give for a prompt, one row; the caller disposes it.</summary>
    internal (ImmutableArray<CLIPTextOutput> Outputs, int End) Encode(string prompt)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        return ([.. model.Encoders.Select(e => e.Edited.Model.call(tensor(e.Edited.Tokenizer.Encode(prompt).ToArray()).unsqueeze(0)).Detach())], End(prompt));
    }

    private AttackResult? Search(string attack, AttackSubject subject, AttackSlots? slots, CancellationToken cancellation)
    {
        if (slots is null) return null;
        using var objective = Reaching(subject, slots);
        var vocabulary = TypeableTokens.Of(slots.Tokenizer);
        var random = new SplitMix64(unchecked((ulong)(budget.Seed + 1)));
        long[] start = [.. Enumerable.Range(0, slots.Count).Select(_ => vocabulary.Ids[random.Next(vocabulary.Ids.Length)])];
        var (filling, distance) = TokenSearch.Run(objective, start, vocabulary, budget, cancellation);
        return Found(attack, subject, slots, filling, distance);
    }

    private AttackResult? ConceptVector(AttackSubject subject, IReadOnlyList<AttackSubject> all, AttackSlots? slots, CancellationToken cancellation)
    {
        if (slots is null) return null;
        using var scope = NewDisposeScope();
        var targets = model.Encoders.Select((encoder, e) =>
        {
            using var neutral = Target(e, subject.NeutralPrompt, edited: false);
            var steps = all.Select(s =>
            {
                using var with = Target(e, s.Prompt, edited: false);
                using var without = Target(e, s.NeutralPrompt, edited: false);
                var count = (int)Math.Min(with.States.shape[0], without.States.shape[0]);
                return with.States[..count] - without.States[..count];
            }).ToArray();
            var shared = steps.Min(s => (int)s.shape[0]);
            return neutral.Plus(ConceptStrength * stack(steps.Select(s => s[..shared])).mean([0]));
        }).ToImmutableArray();
        using var objective = new AttackObjective(model, slots, targets);
        return GeneticSearch.Run(objective, TypeableTokens.Of(slots.Tokenizer), budget, cancellation) is var (filling, distance) ? Found("concept-vector", subject, slots, filling, distance) : null;
    }

    private AttackResult? Soft(AttackSubject subject, AttackSlots? slots, long[] start, CancellationToken cancellation)
    {
        if (slots is null) return null;
        using var objective = Reaching(subject, slots);
        var before = objective.Evaluate([start])[0];
        var (free, distance) = SoftPrompt.Run(objective, start, budget, cancellation);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = tensor(slots.Fill(start)).unsqueeze(0);
        var outputs = free.Select((f, e) => objective.Edited(e).Continue(ids, objective.Soft(e, f, start), 0).Detach()).ToImmutableArray();
        foreach (var tensor in free) tensor.Dispose();
        return new AttackResult("soft-prompt", subject.Prompt, null, before, distance, slots.End, outputs);
    }

    private AttackResult ClosedForm(AttackSubject subject)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var outputs = Recovered(subject.Prompt).Select(o => o.Detach()).ToImmutableArray();
        double Distance(Func<int, CLIPTextOutput> output) => model.Encoders.Select((_, e) =>
        {
            using var target = Target(e, subject.Prompt, edited: false);
            return (double)target.Distance(model.StatesOf(output(e)), End(subject.Prompt)).item<float>();
        }).Sum();
        var plain = model.Encoders.Select(e => e.Edited.Model.call(tensor(e.Edited.Tokenizer.Encode(subject.Prompt).ToArray()).unsqueeze(0))).ToArray();
        return new AttackResult("closed-form", subject.Prompt, null, Distance(e => plain[e]), Distance(e => outputs[e]), End(subject.Prompt), outputs);
    }

    /// <summary>In a text encoder keys are recovered layer by layer, for the cross-attention the states that it reads.</summary>
    private CLIPTextOutput[] Recovered(string prompt)
    {
        CLIPTextOutput[] outputs = [.. model.Encoders.Select(e => ClosedFormRecovery.Run(e.Edited.Model, e.Base, [.. e.Edited.Tokenizer.Encode(prompt)]))];
        if (context.Value is not { } recovery) return outputs;
        var states = outputs.Select(o => model.StatesOf(o)).ToArray();
        var recovered = recovery.Run(cat(states, -1)[0]).to(states[0].dtype).unsqueeze(0).split([.. states.Select(s => s.shape[2])], -1);
        return [.. outputs.Select((output, e) => model.WithStates(output, recovered[e].contiguous()))];
    }

    private AttackObjective Reaching(AttackSubject subject, AttackSlots slots) => new(model, slots, [.. model.Encoders.Select((_, e) => Target(e, subject.Prompt, edited: false))]);

    private AttackTarget Target(int encoder, string prompt, bool edited)
    {
        var (own, original) = model.Encoders[encoder];
        if (context.Value is null || edited) return AttackTarget.Of(edited ? own.Model : original, model.StatesOf, [.. own.Tokenizer.Encode(prompt)], End(prompt), View(encoder));

        // The states of the base lead an edited cross-attention to the target; what leads it to the concept is what an attacker wants.
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var states = model.Encoders.Select(e => model.StatesOf(e.Base.call(tensor(e.Edited.Tokenizer.Encode(prompt).ToArray()).unsqueeze(0)))).ToArray();
        var (from, width) = Part(encoder);
        return new AttackTarget(context.Value.Run(cat(states, -1)[0]).narrow(1, from, width)[End(prompt)..].to(states[0].dtype).contiguous().DetachFromDisposeScope(), View(encoder));
    }

    private Tensor? View(int encoder)
    {
        if (context.Value is not { } recovery) return null;
        if (!views.TryGetValue(encoder, out var view))
        {
            var (from, width) = Part(encoder);
            views[encoder] = view = recovery.View(from, width);
        }

        return view;
    }

    // Encoders' states stand side by side in what the cross-attention reads.
    private (long From, long Width) Part(int encoder) => (model.Encoders.Take(encoder).Sum(e => e.Base.Config.HiddenSize), model.Encoders[encoder].Base.Config.HiddenSize);

    private int End(string prompt)
    {
        var tokenizer = model.Encoders[0].Edited.Tokenizer;
        return Math.Min(tokenizer.TokenizeToIds(prompt).Length + 1, tokenizer.MaxLength - 1);
    }

    private AttackResult Found(string attack, AttackSubject subject, AttackSlots slots, long[] filling, double distance)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var ids = tensor(slots.Fill(filling)).unsqueeze(0);
        var before = model.Encoders.Select((_, e) =>
        {
            using var target = Target(e, subject.Prompt, edited: false);
            using var plain = Target(e, subject.Prompt, edited: true);
            return (double)target.Distance(plain.States.unsqueeze(0), 0).item<float>();
        }).Sum();
        return new AttackResult(attack, subject.Prompt, slots.ToText(filling), before, distance, slots.End, [.. model.Encoders.Select(e => e.Edited.Model.call(ids).Detach())]);
    }
}
