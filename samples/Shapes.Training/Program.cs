using System.Globalization;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Text;
using ModelGuard.Diffusion.Vae;
using Shapes.Training.Training;
using Shapes.Training.World;
using static TorchSharp.torch;

var stage = args[0];
var work = args[1];
int Steps(int d) => args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : d;
Directory.CreateDirectory(work);
Vocabulary.Write(Path.Combine(work, "tokenizer"), 1);
var tokenizer = CLIPTokenizer.Load(Path.Combine(work, "tokenizer"));
var codec = new CaptionCodec(tokenizer);
if (Environment.GetEnvironmentVariable("THREADS") is { } t) set_num_threads(int.Parse(t, CultureInfo.InvariantCulture));
var sw = System.Diagnostics.Stopwatch.StartNew();
var report = new Printer(sw);
switch (stage)
{
    case "clip" or "scorer":
        {
            var pictures = new PictureSet(stage == "clip" ? 11UL : 12UL, 40_000);
            Console.WriteLine($"{pictures.Count} pictures, {sw.Elapsed}, vocabulary {tokenizer.VocabSize}");
            var model = stage == "clip"
                ? new CLIPModel(Architecture.TextEncoder(tokenizer.VocabSize), Architecture.Teacher, 128)
                : new CLIPModel(Architecture.ScorerText(tokenizer.VocabSize), Architecture.ScorerVision, 96);
            Initialization.Fill(model, stage == "clip" ? 21 : 22);
            Console.WriteLine($"{model.parameters().Sum(p => p.numel())} parameters");
            var steps = Steps(2000);
            new ClipTrainer(pictures, codec, new TrainingLoop(work, stage == "clip" ? 31 : 32, report)).Train(model, new TrainingPlan(stage, steps, 1e-3, 100, 0.05), default);
            break;
        }

    case "vae":
        {
            var pictures = new PictureSet(13UL, 40_000);
            var vae = new AutoencoderKL(Architecture.Vae);
            Initialization.Fill(vae, 23);
            Console.WriteLine($"{vae.parameters().Sum(p => p.numel())} parameters");
            var trainer = new VaeTrainer(pictures, new TrainingLoop(work, 33, report));
            trainer.Train(vae, new TrainingPlan(stage, Steps(2500), 1e-3, 100, 0.0, 0.99, 0.995), default);
            Console.WriteLine($"scale {trainer.ScalingFactor(vae)}");
            break;
        }
}

return 0;

#pragma warning disable MA0047
internal sealed class Printer(System.Diagnostics.Stopwatch sw) : IProgress<TrainingProgress>
{
    public void Report_(TrainingProgress p) => Console.WriteLine($"{sw.Elapsed.TotalSeconds:0.0} {p.Name} {p.Step}/{p.Steps} loss {p.Loss:0.0000} skipped {p.Skipped}");

    public void Report(TrainingProgress value)
    {
        if (value.Step % 20 == 0) Report_(value);
    }
}
