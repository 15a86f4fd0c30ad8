using System.CommandLine;
using System.Globalization;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Fuzzing;
using ModelGuard.Fuzzing.Targets;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var coverage = args.Contains(InstrumentedCopy.Mark, StringComparer.Ordinal) ? Coverage.Begin() : null;
// Readers need no LibTorch, and this program has none.
AppContext.SetSwitch(NativeBackend.LoadOnDemandSwitch, isEnabled: true);

var target = new Option<string>("--target") { Description = "The reader.", Required = true };
target.AcceptOnlyFromAmong([.. AllTargets.ByName.Keys]);
var seconds = new Option<int>("--seconds") { Description = "For how long.", DefaultValueFactory = _ => 180 };
var seed = new Option<int>("--seed") { Description = "What the changes follow from.", DefaultValueFactory = _ => 1 };
var instrumented = new Option<bool>(InstrumentedCopy.Mark) { Hidden = true };
var root = new RootCommand("Feeds a reader with damaged inputs, and keeps in tests/fuzz-corpus what finds a defect or another outcome. Example: dotnet run --project tests/ModelGuard.Fuzzing -- --target safetensors --seconds 300") { target, seconds, seed, instrumented };
root.SetAction(parse => coverage is not null
    ? new FuzzRun(AllTargets.ByName[parse.GetRequiredValue(target)], coverage, (ulong)parse.GetRequiredValue(seed)).Run(TimeSpan.FromSeconds(parse.GetRequiredValue(seconds))) == 0 ? 0 : 1
    : InstrumentedCopy.Run(args));
return await root.Parse(args).InvokeAsync();
