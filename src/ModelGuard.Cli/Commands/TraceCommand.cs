using System.CommandLine;
using ModelGuard.Auditing;
using ModelGuard.Cli.Workflows;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Policies;
using ModelGuard.Tracing;

namespace ModelGuard.Cli.Commands;

/// <summary><c>trace</c>: where a checkpoint keeps what it knows.</summary>
internal static class TraceCommand
{
    private static readonly string[] Places = ["text-encoder", "text-encoder-pictures", "unet", "cross-attention"];

    public static Command Create(CommonOptions options)
    {
        var concept = new Option<string[]>("--concept") { Description = "Ids of the policy's concepts; all when left out.", AllowMultipleArgumentsPerToken = true };
        var prompt = new Option<string?>("--prompt") { Description = "A prompt to trace instead of a policy's concepts; needs --subject." };
        var subject = new Option<string?>("--subject") { Description = "The subject as it stands in the prompt." };
        var donor = new Option<string>("--donor") { Description = "Something that has nothing to do with the subject, for the control.", DefaultValueFactory = _ => TraceSubjects.PlainDonor };
        var contrast = new Option<string>("--contrast") { Description = "What stands in the subject's place where cross-attention is traced without noise.", DefaultValueFactory = _ => "something" };
        var text = new Option<string[]>("--text") { Description = "The subject's description for the scorer, then what it could be taken for; the subject itself when left out.", AllowMultipleArgumentsPerToken = true };
        var places = new Option<string[]>("--in") { Description = $"Where to look: {string.Join(", ", Places)}. The first needs no pictures and no scorer.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["text-encoder"] };
        places.AcceptOnlyFromAmong(Places);
        var scorer = new Option<string?>("--scorer") { Description = "The CLIP folder that judges pictures, instead of the policy's." };
        var defaults = new TraceSettings();
        var prompts = new Option<int>("--prompts") { Description = "How many prompts of each concept count.", DefaultValueFactory = _ => defaults.Prompts, CustomParser = Numbers.Parse<int> };
        var draws = new Option<int>("--draws") { Description = "How many noise draws, each with a picture seed of its own.", DefaultValueFactory = _ => defaults.Draws, CustomParser = Numbers.Parse<int> };
        var corruption = new Option<string>("--corruption") { Description = "What is done to the subject: noise, or replacement by the token embeddings of --contrast (of a policy's concept: of what replaces it).", DefaultValueFactory = _ => "noise" };
        corruption.AcceptOnlyFromAmong("noise", "replacement");
        var noise = new Option<double>("--noise") { Description = "Noise on the subject, in standard deviations of its token embeddings.", DefaultValueFactory = _ => defaults.NoiseFactor, CustomParser = Numbers.Parse<double> };
        var seed = new Option<long>("--seed") { Description = "Seed of the first draw.", DefaultValueFactory = _ => 0, CustomParser = Numbers.Parse<long> };
        var window = new Option<int>("--window") { Description = "How many layers in a row are replaced together.", DefaultValueFactory = _ => 1, CustomParser = Numbers.Parse<int> };
        var steps = new Option<int?>("--steps") { Description = "Scheduler steps, instead of the policy's.", CustomParser = r => Numbers.Parse<int>(r) };
        var guidance = new Option<double?>("--guidance-scale") { Description = "Guidance scale, instead of the policy's.", CustomParser = r => Numbers.Parse<double>(r) };
        var scheduler = new Option<string?>("--scheduler") { Description = $"Instead of the policy's: {string.Join(", ", SchedulerFactory.NameList.Split(' '))}." };
        scheduler.AcceptOnlyFromAmong(SchedulerFactory.NameList.Split(' '));
        var output = new Option<string?>("--output", "-o") { Description = "A folder for the numbers (JSON), heat maps (PNG, SVG) and pictures; nothing is written when left out." };
        var command = new ToolCommand("trace", "Finds out where a checkpoint keeps what it knows: clean, corrupted and restored runs, with controls.", "modelguard trace policies/shapes.yaml --concept star -o artifacts/trace", "modelguard trace --model models/base --prompt \"a red star\" --subject star")
        {
            options.Policy, options.Model, concept, prompt, subject, donor, contrast, text, places, scorer, prompts, draws, corruption, noise, seed, window, steps, guidance, scheduler, output, options.Components, options.Variant, options.Device, options.Dtype, options.AllowOutside, options.Threads,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(prompt) is null != result.GetValue(subject) is null) result.AddError("--prompt and --subject belong together.");
            else if (result.GetValue(prompt) is not null && result.GetValue(options.Model) is null) result.AddError("--prompt needs --model: the checkpoint to trace.");
            else if (result.GetValue(prompt) is not null && result.GetValue(places)!.Any(p => p != Places[0]) && result.GetValue(scorer) is null) result.AddError("Pictures are judged by a CLIP: name one with --scorer.");
        });
        command.Runs(options, (parse, console, cancellation) =>
        {
            Backend.Prepare(parse, options);
            var settings = new TraceSettings { Prompts = parse.GetValue(prompts), Draws = parse.GetValue(draws), Corruption = parse.GetValue(corruption) == "noise" ? Corruption.Noise : Corruption.Replacement, NoiseFactor = parse.GetValue(noise), Seed = parse.GetValue(seed), Window = parse.GetValue(window) };
            RequireSensible(settings);
            var asked = parse.GetValue(prompt) is { } words
                ? OfPrompt(new TraceSubject(words, parse.GetValue(subject)!, parse.GetRequiredValue(donor), parse.GetRequiredValue(contrast), parse.GetValue(text) is { Length: > 0 } texts ? [.. texts] : [parse.GetValue(subject)!]), parse.GetValue(options.Model)!, parse.GetValue(scorer), parse, options)
                : OfPolicy(PolicyLoading.Load(parse.GetRequiredValue(options.Policy), console, options.Links(parse)), parse.GetValue(concept) ?? [], parse.GetValue(options.Model), parse.GetValue(scorer));
            var generation = asked.Generation with
            {
                Steps = parse.GetValue(steps) ?? asked.Generation.Steps,
                GuidanceScale = parse.GetValue(guidance) ?? asked.Generation.GuidanceScale,
                Scheduler = parse.GetValue(scheduler) ?? asked.Generation.Scheduler,
            };
            return new TraceWorkflow(asked with { Generation = generation }, settings, parse.GetRequiredValue(places), new TracePlace(parse.GetRequiredValue(options.Device), parse.GetRequiredValue(options.Dtype), options.Links(parse)), console, TimeProvider.System)
                .Run(parse.GetValue(output), cancellation);
        });
        return command;
    }

    private static TraceRequest OfPrompt(TraceSubject subject, string model, string? scorer, ParseResult parse, CommonOptions options) =>
        new(Path.GetFullPath(model), options.CreateCheckpointOptions(parse), scorer, new GenerationSettings { Steps = 20 }, [(subject.Subject, [subject])]);

    private static TraceRequest OfPolicy(Policy policy, string[] ids, string? model, string? scorer)
    {
        if (ids.FirstOrDefault(id => policy.Concepts.All(c => c.Id != id)) is { } unknown)
        {
            throw new TraceException("MG1102", $"'{policy.Path}' has no concept '{unknown}'; it has {string.Join(", ", policy.Concepts.Select(c => $"'{c.Id}'"))}.");
        }

        return new TraceRequest(
            Path.GetFullPath(model ?? policy.Resolve(policy.Model.Base)),
            CheckpointOpening.OptionsOf(policy),
            scorer ?? policy.Resolve(policy.Scorer),
            Audit.Settings(policy.Generation),
            [.. policy.Concepts.Where(c => ids.Length == 0 || ids.Contains(c.Id, StringComparer.Ordinal)).Select(c => (c.Id, AuditSubjects.ToTrace(c, policy)))]);
    }

    private static void RequireSensible(TraceSettings settings)
    {
        if (settings.Draws is < 1 or > 1000) throw new ArgumentOutOfRangeException(nameof(settings), settings.Draws, "--draws must be from 1 to 1000.");
        if (settings.Prompts < 1) throw new ArgumentOutOfRangeException(nameof(settings), settings.Prompts, "--prompts must be at least 1.");
        if (settings.Window < 1) throw new ArgumentOutOfRangeException(nameof(settings), settings.Window, "--window must be at least 1.");
        if (settings.NoiseFactor is not > 0 || !double.IsFinite(settings.NoiseFactor)) throw new ArgumentOutOfRangeException(nameof(settings), settings.NoiseFactor, "--noise must be a number above 0.");
    }
}
