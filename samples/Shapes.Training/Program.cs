using System.CommandLine;
using System.Globalization;
using ModelGuard.Diffusion.Backend;
using Shapes.Training;
using Shapes.Training.Training;
using TorchSharp;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
var output = new Option<DirectoryInfo>("--output") { Description = "Folder that gets 'model' and 'scorer'.", DefaultValueFactory = _ => new DirectoryInfo("samples/Shapes") };
var work = new Option<DirectoryInfo>("--work") { Description = "Folder for the state of unfinished runs.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/training") };
var threads = new Option<int>("--threads") { Description = "Number of threads.", DefaultValueFactory = _ => Environment.ProcessorCount };
var stage = new Argument<string>("stage") { Description = "What to train.", DefaultValueFactory = _ => "all" };
stage.AcceptOnlyFromAmong("all", "text-encoder", "scorer", "vae", "unet");
var steps = new Option<int?>("--steps") { Description = "Number of steps instead of the recipe's own." };

var train = new Command("train", "Trains the sample checkpoint and its scorer; a run that was stopped goes on where it was.") { stage, output, work, threads, steps };
train.SetAction((parse, cancellation) => Task.Run(
    () =>
    {
        NativeBackend.EnsureLoaded();
        NativeBackend.KeepLargeBlocks();
        torch.set_num_threads(parse.GetValue(threads));
        using var progress = new TrainingDisplay();
        var recipe = new Recipe(parse.GetRequiredValue(output).FullName, parse.GetRequiredValue(work).FullName, progress);
        var asked = parse.GetRequiredValue(stage);
        if (asked is "all" or "text-encoder") recipe.TrainTextEncoder(parse.GetValue(steps) ?? 1800, cancellation);
        if (asked is "all" or "scorer") recipe.TrainScorer(parse.GetValue(steps) ?? 1800, parse.GetValue(steps) ?? 3800, cancellation);
        if (asked is "all" or "vae") recipe.TrainVae(parse.GetValue(steps) ?? 1200, cancellation);
        if (asked is "all" or "unet") recipe.TrainUnet(parse.GetValue(steps) is { } end ? [end] : [4000, 6500], cancellation);
    },
    cancellation));

var sheet = new Option<FileInfo>("--output") { Description = "The PNG file to write.", Required = true };
var contactSheet = new Command("contact-sheet", "Draws pictures of every attribute, to look at the world.") { sheet };
contactSheet.SetAction(parse => WorldSheet.Write(parse.GetRequiredValue(sheet).FullName));

var seeds = new Option<int>("--seeds") { Description = "Pictures for each prompt; every class has eight prompts.", DefaultValueFactory = _ => 1 };
var pictures = new Option<FileInfo?>("--pictures") { Description = "A PNG file that gets the pictures, a row for each class." };
var evaluate = new Command("evaluate", "Measures how often the scorer recognises what the checkpoint draws, for every class of the world.") { output, seeds, pictures };
evaluate.SetAction((parse, cancellation) => Task.Run(
    () =>
    {
        NativeBackend.EnsureLoaded();
        EvaluationReport.Write(parse.GetRequiredValue(output).FullName, parse.GetValue(seeds), parse.GetValue(pictures)?.FullName, cancellation);
    },
    cancellation));

var before = new Option<DirectoryInfo>("--base") { Description = "The checkpoint before the edit.", DefaultValueFactory = _ => new DirectoryInfo("samples/Shapes/model") };
var after = new Option<DirectoryInfo>("--edited") { Description = "The checkpoint after the edit.", DefaultValueFactory = _ => new DirectoryInfo("artifacts/shapes-governed") };
var images = new Option<DirectoryInfo>("--images") { Description = "The folder that gets the strips.", DefaultValueFactory = _ => new DirectoryInfo("docs/images") };
var beforeAfter = new Command("before-after", "Draws the pictures of the README: the same prompts and seeds before and after the edit.") { before, after, images };
beforeAfter.SetAction((parse, cancellation) => Task.Run(
    () =>
    {
        NativeBackend.EnsureLoaded();
        BeforeAfter.Write(parse.GetRequiredValue(before).FullName, parse.GetRequiredValue(after).FullName, parse.GetRequiredValue(images).FullName, cancellation);
    },
    cancellation));

return await new RootCommand("Draws the sample world, trains its Stable-Diffusion-1-shaped checkpoint and its CLIP scorer, and measures them.") { train, contactSheet, evaluate, beforeAfter }.Parse(args).InvokeAsync();
