using System.CommandLine;
using System.Globalization;
using ModelGuard.Benchmarks;
using ModelGuard.Benchmarks.EditQuality;
using ModelGuard.Diffusion.Backend;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var model = new Option<string>("--model") { Description = "sd15, sd21 or sdxl.", DefaultValueFactory = _ => "sd15" };
model.AcceptOnlyFromAmong("sd15", "sd21", "sdxl");
var type = new Option<string>("--dtype") { Description = "Stored type: F32, F16 or BF16.", DefaultValueFactory = _ => "F32" };
type.AcceptOnlyFromAmong("F32", "F16", "BF16");
var form = new Option<string>("--form") { Description = "folder or file.", DefaultValueFactory = _ => "folder" };
form.AcceptOnlyFromAmong("folder", "file");
var repeat = new Option<int>("--repeat") { Description = "Runs of each side; medians count.", DefaultValueFactory = _ => 5 };
var work = new Option<string>("--work") { Description = "A folder with some 15 to 30 GB of free space.", DefaultValueFactory = _ => Path.Combine(Path.GetTempPath(), "modelguard-benchmarks") };
var edit = new Command("edit", "Whole-process time and peak memory of an edit, side by side with `cp` of what it writes.") { model, type, form, repeat, work };
edit.SetAction((parse, cancellation) => EditBenchmark.RunAsync(parse.GetRequiredValue(model), parse.GetRequiredValue(type), parse.GetRequiredValue(form), parse.GetRequiredValue(repeat), parse.GetRequiredValue(work), cancellation));
var reference = new Command("reference", "The same edit of one text encoder (load, edit, save) here and, where Python has torch and safetensors, in the reference.") { repeat, work };
reference.SetAction((parse, cancellation) => ReferenceBenchmark.RunAsync(parse.GetRequiredValue(repeat), parse.GetRequiredValue(work), cancellation));
var denoise = new Command("denoise", "One denoising step with guidance on random weights: seconds and peak memory.") { model, repeat };
denoise.SetAction(parse => DenoiseBenchmark.Run(parse.GetRequiredValue(model), parse.GetRequiredValue(repeat)));
var trace = new Command("trace", "The grids of a causal trace on the sample: in states, and in pictures beside one run for each cell.") { repeat };
trace.SetAction(parse => TraceBenchmark.Run(parse.GetRequiredValue(repeat)));
var methods = new Option<string[]>("--method") { Description = "Rows of the table: " + string.Join(", ", QualityMethod.All.Select(m => m.Name)) + ".", DefaultValueFactory = _ => [QualityMethod.All[0].Name], AllowMultipleArgumentsPerToken = true };
var removals = new Option<string[]>("--remove") { Description = "Classes to remove, for example \"van gogh\"; all of them when not given.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
var together = new Option<bool>("--together") { Description = "Removes them in one edit, and not each by itself." };
var seeds = new Option<int>("--seeds") { Description = "Pictures for each of the eleven prompts of a removed class.", DefaultValueFactory = _ => 8 };
var kept = new Option<int>("--kept") { Description = "Pictures of each preserved class for each edit; they take turns.", DefaultValueFactory = _ => 3 };
var pictures = new Option<string>("--work") { Description = "A folder for edited models and the scores of pictures; a run that was stopped goes on from there.", DefaultValueFactory = _ => "artifacts/edit-quality" };
var quality = new Command("edit-quality", "What edits of the sample erase and what they keep, judged by its scorer.") { methods, removals, together, seeds, kept, pictures };
quality.SetAction((parse, cancellation) => Task.Run(
    () =>
    {
        NativeBackend.EnsureLoaded();
        return EditQualityBenchmark.Run([.. parse.GetRequiredValue(methods)], [.. parse.GetRequiredValue(removals)], parse.GetValue(together), parse.GetValue(seeds), parse.GetValue(kept), parse.GetRequiredValue(pictures), cancellation);
    },
    cancellation));
return await new RootCommand("Measures on checkpoints of full size with made-up weights. Build with -c Release; let nothing else run.") { edit, reference, denoise, trace, quality }.Parse(args).InvokeAsync();
