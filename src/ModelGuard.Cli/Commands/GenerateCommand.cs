using System.CommandLine;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Pipeline;
using ModelGuard.Diffusion.Schedulers;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace ModelGuard.Cli.Commands;

/// <summary><c>generate</c>: pictures from a checkpoint; the same seed gives the latents that diffusers gives on the CPU.</summary>
internal static class GenerateCommand
{
    public static Command Create(CommonOptions options)
    {
        var model = new Option<string>("--model") { Description = "The checkpoint: a diffusers folder or a single file.", Required = true };
        var prompt = new Option<string[]>("--prompt") { Description = "What to show; several give several pictures.", Required = true, AllowMultipleArgumentsPerToken = true };
        var negative = new Option<string?>("--negative-prompt") { Description = "What not to show; nothing when left out." };
        var seed = new Option<long>("--seed") { Description = "Seed of the first picture; the next ones count up.", DefaultValueFactory = _ => 0, CustomParser = Numbers.Parse<long> };
        var steps = new Option<int>("--steps") { Description = "Number of scheduler steps.", DefaultValueFactory = _ => 50, CustomParser = Numbers.Parse<int> };
        var guidance = new Option<double>("--guidance-scale") { Description = "Weight of the prompt; 1 or less means no guidance.", DefaultValueFactory = _ => 7.5, CustomParser = Numbers.Parse<double> };
        var rescale = new Option<double>("--guidance-rescale") { Description = "Share, from 0 to 1, by which guidance is kept from overexposing.", DefaultValueFactory = _ => 0, CustomParser = Numbers.Parse<double> };
        var scheduler = new Option<string?>("--scheduler") { Description = $"{string.Join(", ", SchedulerFactory.NameList.Split(' '))}; the checkpoint's own when left out." };
        scheduler.AcceptOnlyFromAmong(SchedulerFactory.NameList.Split(' '));
        var eta = new Option<double>("--eta") { Description = "Share of noise, from 0 to 1, that each step of ddim adds.", DefaultValueFactory = _ => 0, CustomParser = Numbers.Parse<double> };
        var latents = new Option<string?>("--latents") { Description = "A safetensors file with one tensor 'latents' [n, 4, h, w], a picture each, instead of those of the seed." };
        var outputLatents = new Option<string?>("--output-latents") { Description = "Where the final latents go, in the same form." };
        var file = new Option<string>("--output", "-o") { Description = "The PNG file; several pictures are numbered.", Required = true };
        var width = new Option<int?>("--width") { Description = "Width in pixels; the checkpoint's own when left out.", CustomParser = r => Numbers.Parse<int>(r) };
        var height = new Option<int?>("--height") { Description = "Height in pixels; the checkpoint's own when left out.", CustomParser = r => Numbers.Parse<int>(r) };
        var originalSize = new Option<(int Height, int Width)?>("--original-size") { Description = "Stable Diffusion XL: the size HEIGHTxWIDTH that the picture is told to have had before scaling; its own when left out.", CustomParser = Sizes.ParseSize };
        var crop = new Option<(int Top, int Left)?>("--crop") { Description = "Stable Diffusion XL: the pixels TOP,LEFT that the picture is told to have lost by cropping; 0,0 when left out.", CustomParser = Sizes.ParseOffset };
        var targetSize = new Option<(int Height, int Width)?>("--target-size") { Description = "Stable Diffusion XL: the size HEIGHTxWIDTH that the picture is told to have; its own when left out.", CustomParser = Sizes.ParseSize };
        var command = new ToolCommand("generate", "Makes pictures from a checkpoint.", "modelguard generate --model samples/Shapes/model --prompt \"a red star\" --steps 20 -o star.png", "modelguard generate --model models/base --prompt \"a star\" \"a circle\" --seed 7 --scheduler euler --output out.png")
        {
            model, prompt, negative, seed, steps, guidance, rescale, scheduler, eta, latents, outputLatents, file, width, height, originalSize, crop, targetSize, options.Components, options.Variant, options.Device, options.Dtype, options.Threads,
        };
        command.Runs(options, (parse, output, cancellation) =>
        {
            Backend.Prepare(parse, options);
            var prompts = parse.GetRequiredValue(prompt);
            var device = ComputeDevice.Parse(parse.GetRequiredValue(options.Device));
            using var pipeline = StableDiffusionPipeline.Load(CheckpointOpening.Open(parse.GetRequiredValue(model), options.CreateCheckpointOptions(parse), output), device, ComputeType.Parse(parse.GetRequiredValue(options.Dtype), device));
            GenerationItem[] items = [.. prompts.Select((p, i) => new GenerationItem(p, parse.GetValue(seed) + i))];
            var settings = new GenerationSettings
            {
                Steps = parse.GetValue(steps),
                GuidanceScale = parse.GetValue(guidance),
                GuidanceRescale = parse.GetValue(rescale),
                Scheduler = parse.GetValue(scheduler),
                Eta = parse.GetValue(eta),
                NegativePrompt = parse.GetValue(negative),
                Width = parse.GetValue(width),
                Height = parse.GetValue(height),
                OriginalSize = Size(originalSize),
                Crop = parse.GetValue(crop) is (var top, var left) ? new PixelOffset(top, left) : new PixelOffset(0, 0),
                TargetSize = Size(targetSize),
            };
            using var line = output.Progress("Generating");
            var pictures = Generate(pipeline, items, settings, parse.GetValue(latents), line, cancellation);
            for (var i = 0; i < pictures.Length; i++) AtomicFile.Write(Numbered(parse.GetRequiredValue(file), i, pictures.Length), pictures[i].Image.ToPng());
            if (parse.GetValue(outputLatents) is { } target) WriteLatents(target, pictures);
            foreach (var picture in pictures) picture.Latents.Dispose();
            return ExitCodes.Success;

            PixelSize? Size(Option<(int Height, int Width)?> option) => parse.GetValue(option) is (var h, var w) ? new PixelSize(h, w) : null;
        });
        return command;
    }

    private static GeneratedPicture[] Generate(StableDiffusionPipeline pipeline, GenerationItem[] items, GenerationSettings settings, string? latents, Terminal.ProgressLine line, CancellationToken cancellation)
    {
        using var initial = latents is null ? null : ReadLatents(latents, items.Length);
        try
        {
            return [.. pipeline.Generate(items, settings, initial, new Forwarder(line), cancellation)];
        }
        catch (ArgumentException e) when (initial is not null && e is not ArgumentOutOfRangeException)
        {
            throw new CheckpointException("MG0229", $"'{latents}' does not fit: {KnownFailures.Sentence(e.Message)}", latents!, e);
        }
    }

    private static Tensor ReadLatents(string path, int count)
    {
        using var file = SafetensorsFile.Open(path);
        var latents = TensorConversion.Read(file, file.Get("latents"));
        if (latents.dim() != 4 || latents.shape[0] != count) throw new CheckpointException("MG0229", $"'{path}' holds latents of shape [{string.Join(", ", latents.shape)}]; {count} prompt(s) need [{count}, 4, h, w].", path);
        return latents.to(ScalarType.Float32);
    }

    private static void WriteLatents(string path, GeneratedPicture[] pictures)
    {
        using var scope = NewDisposeScope();
        var latents = stack(pictures.Select(p => p.Latents));
        SafetensorsWriter.Write(path, [new TensorSource("latents", TensorDataType.F32, [.. latents.shape], TensorConversion.ToBytes(latents))]);
    }

    private static string Numbered(string path, int index, int count) => count == 1
        ? path
        : Path.Combine(Path.GetDirectoryName(path) ?? "", FormattableString.Invariant($"{Path.GetFileNameWithoutExtension(path)}-{index + 1}{Path.GetExtension(path)}"));

    private sealed class Forwarder(Terminal.ProgressLine line) : IProgress<GenerationProgress>
    {
        public void Report(GenerationProgress value) => line.Report(value.Done, value.Total);
    }
}
