using System.Diagnostics;
using System.Globalization;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Hooks;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Testing;
using ModelGuard.Tracing;
using static TorchSharp.torch;

namespace ModelGuard.Benchmarks;

/// <summary>
/// The grids of one prompt on the sample: in the space of states, and in pictures beside one run for each cell, as published tracers make it:
/// the whole text encoder with two hooks, then one picture.
/// </summary>
internal static class TraceBenchmark
{
    private static readonly TraceSubject Subject = new(
        "a red square in the style of van gogh", "van gogh", "moon", "claude monet",
        ["a painting in the style of van gogh", "a painting in the style of claude monet", "a painting in the style of hokusai"]);

    private static readonly TraceSettings Settings = new() { Draws = 2, Prompts = 1, MinimumClean = 0, MaximumCorrupted = double.PositiveInfinity };

    public static int Run(int repeat, int steps)
    {
        var pictures = new GenerationSettings { Steps = steps, GuidanceScale = 7, Scheduler = "ddim" };
        NativeBackend.EnsureLoaded();
        using var held = FinalizerHold.Enter();
        using var pipeline = StableDiffusionPipeline.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "model"));
        using var scorer = ClipScorer.Load(Path.Combine(RepositoryPaths.Root, "samples", "Shapes", "scorer"));
        var tracer = new Tracer(pipeline, Settings);
        var states = new Tracer(pipeline, new TraceSettings { Prompts = 1 });
        states.TextEncoder("text_encoder", [Subject]);
        var inStates = Enumerable.Range(0, repeat).Select(_ => Time(() => states.TextEncoder("text_encoder", [Subject]))).ToArray();

        var (batched, oneByOne, worst, cells, drawn) = (new List<double>(), new List<double>(), 0.0, 0, 0);
        for (var i = 0; i < repeat; i++)
        {
            var judge = new PictureJudge(scorer, pictures, ScoreStore.InMemory());
            ComponentTrace? trace = null;
            batched.Add(Time(() => trace = tracer.TextEncoderInPictures("text_encoder", [Subject], judge)));
            drawn = judge.Store.Drawn;
            var prompt = trace!.Prompts[0];
            var values = new List<double>();
            oneByOne.Add(Time(() => values.AddRange(OneByOne(pipeline, scorer, prompt, pictures))));
            cells = prompt.Cells.Length * Settings.Draws;
            worst = Math.Max(worst, prompt.Cells.SelectMany(c => c.Restored).Zip(values, (a, b) => Math.Abs(a - b)).Max());
        }

        Figures.Print(
            $"trace ({get_num_threads().ToString(CultureInfo.InvariantCulture)} threads; {cells} cells × draws in pictures of {steps} step(s))",
            ("grid in states, 10 draws, controls included", Figures.Seconds(Figures.Median(inStates))),
            ("grid in pictures, controls included", Figures.Seconds(Figures.Median(batched))),
            ("pictures that it drew", drawn.ToString(CultureInfo.InvariantCulture)),
            ("one run for each cell", Figures.Seconds(Figures.Median(oneByOne))),
            ("ratio", (Figures.Median(oneByOne) / Figures.Median(batched)).ToString("0.0", CultureInfo.InvariantCulture)),
            ("largest difference of a score", worst.ToString("0.0e+0", CultureInfo.InvariantCulture)));
        return 0;
    }

    private static IEnumerable<double> OneByOne(StableDiffusionPipeline pipeline, ClipScorer scorer, PromptTrace trace, GenerationSettings pictures)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var encoder = pipeline.TextEncoder;
        var ids = tensor(pipeline.Tokenizer.Encode(trace.Prompt).ToArray()).unsqueeze(0);
        var embedded = encoder.Tower.Embed(ids);
        long[] subject = [.. trace.Rows.Where(r => r.Role is TokenRole.Subject or TokenRole.LastSubject).SelectMany(r => r.Positions).Select(p => (long)p)];
        foreach (var cell in trace.Cells)
        {
            for (var draw = 0; draw < Settings.Draws; draw++)
            {
                using var run = NewDisposeScope();
                using var clean = Read(encoder, cell.Site.Path, ids);
                using var generator = new Generator((ulong)draw, CPU);
                var noisy = embedded.index_add(1, tensor(subject), randn([1, subject.Length, embedded.shape[2]], generator: generator) * trace.Noise!.Value, 1);
                var states = Patched(encoder, ids, noisy, cell.Site.Path, clean, trace.Rows[cell.Row].Positions);
                var picture = pipeline.Generate([new GenerationItem(trace.Prompt, draw)], pipeline.Combine([states]), pictures).Single();
                picture.Latents.Dispose();
                yield return scorer.Cosines([picture.Image], Subject.Texts)[0, 0];
            }
        }
    }

    private static CLIPTextOutput Patched(CLIPTextModel encoder, Tensor ids, Tensor noisy, string path, Tensor clean, IReadOnlyList<int> positions)
    {
        using var noise = ActivationHooks.OnOutput(encoder, "text_model.embeddings", _ => noisy.alias());
        using var restore = ActivationHooks.OnOutput(encoder, path, x =>
        {
            var copy = x.clone();
            foreach (var position in positions) copy[TensorIndex.Colon, position] = clean[TensorIndex.Colon, position];
            return copy;
        });
        return encoder.call(ids);
    }

    private static Tensor Read(CLIPTextModel encoder, string path, Tensor ids)
    {
        Tensor? read = null;
        using var hook = ActivationHooks.OnOutput(encoder, path, x =>
        {
            read = x.alias().DetachFromDisposeScope();
            return x;
        });
        encoder.call(ids);
        return read!;
    }

    private static double Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalSeconds;
    }
}
