using System.Globalization;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Weights;
using static TorchSharp.torch;

namespace Shapes.Training.Training;

/// <summary>Parameters, their moving averages and the optimizer's moments in one file, so that a run can be taken up again where it stopped.</summary>
internal sealed class TrainingState(nn.Module module, AdamW optimizer, MovingAverage? average)
{
    private const string StepKey = "step";

    /// <summary>Writes the state; a kill in between leaves the previous file.</summary>
    public void Save(string path, int step)
    {
        var tensors = module.named_parameters().Select(p => Source($"model.{p.name}", p.parameter))
            .Concat(optimizer.State().Select(s => Source($"optimizer.{s.Name}", s.Value)))
            .Concat(average?.State().Select(s => Source($"average.{s.Name}", s.Value)) ?? []);
        var partial = path + ".partial-state";
        SafetensorsWriter.Write(partial, tensors, new Dictionary<string, string>(StringComparer.Ordinal) { [StepKey] = step.ToString(CultureInfo.InvariantCulture) });
        File.Move(partial, path, overwrite: true);
    }

    /// <summary>Reads the state and returns the number of finished steps; 0 when there is no file.</summary>
    public int Restore(string path)
    {
        if (!File.Exists(path)) return 0;
        using var noGrad = no_grad();
        using var file = SafetensorsFile.Open(path);
        foreach (var (name, parameter) in module.named_parameters()) Copy(file, $"model.{name}", parameter);
        foreach (var (name, value) in optimizer.State()) Copy(file, $"optimizer.{name}", value);
        foreach (var (name, value) in average?.State() ?? []) Copy(file, $"average.{name}", value);
        return int.Parse(file.Metadata[StepKey], CultureInfo.InvariantCulture);
    }

    private static TensorSource Source(string name, Tensor value) =>
        new(name, TensorConversion.ToDataType(value.dtype), [.. value.shape], TensorConversion.ToBytes(value));

    private static void Copy(SafetensorsFile file, string name, Tensor target)
    {
        using var stored = TensorConversion.Read(file, file.Get(name));
        target.copy_(stored);
    }
}
