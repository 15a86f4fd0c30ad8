using System.Collections.Immutable;
using System.Text.Json;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Conversion;

/// <summary>Diffusers folder ↔ single file. Every tensor keeps its type and its bits; names, order and the form of some tensors change.</summary>
public static class CheckpointConverter
{
    private static readonly Dictionary<string, string> Format = new(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Writes a checkpoint as a single file. Configs travel in its metadata, tokenizers do not.</summary>
    /// <param name="source">A diffusers folder.</param>
    /// <param name="target">The file.</param>
    /// <param name="like">A single file that gives order, metadata and further tensors; null for the order of the safetensors library.</param>
    /// <param name="progress">Told after each piece.</param>
    /// <param name="cancellation">Stops between two pieces; then nothing is left behind.</param>
    /// <exception cref="CheckpointException">MG0275 for a model without a single-file form, MG0276 for a template of another kind.</exception>
    public static ConversionResult ToSingleFile(Checkpoint source, string target, string? like = null, IProgress<ConversionProgress>? progress = null, CancellationToken cancellation = default)
    {
        var layout = SingleFileLayout.Of(source.Family, IsOpenClip(source)) ?? throw new CheckpointException("MG0275", $"'{source.Path}' is {source.Family.Description}, which has no single-file form here. Stable Diffusion 1, 2 and XL have one.", source.Path);
        using var opened = new Disposables();
        var notes = ImmutableArray.CreateBuilder<string>();
        var tensors = new List<StreamedTensor>();
        foreach (var part in layout.Parts)
        {
            var weights = opened.Add(source.Component(part.Component).OpenWeights());
            tensors.AddRange(SingleFileNetwork.Convert(part, weights));
            notes.AddRange(weights.Tensors.Where(t => SingleFileNetwork.IsLeftOut(part, t.Name)).Select(t => $"The tensor '{t.Name}' of '{part.Component}', a list of positions that no model reads, has no place in a single file and was left out."));
        }

        notes.Add("Tokenizers are not part of a single file; keep the folder, or its tokenizers beside the file.");
        var (all, header) = Arrange();
        var total = all.Sum(t => t.ByteLength);
        StreamedFile.Write(target, header, all, Counter(progress, total), cancellation);
        return new ConversionResult(source.Family, [Path.GetFileName(target)], all.Length, total, [.. source.Notes, .. notes]);

        (ImmutableArray<StreamedTensor>, byte[]) Arrange()
        {
            if (like is not null)
            {
                notes.Add($"The metadata are those of '{like}'; the folder's configs are not in the file.");
                return opened.Add(new SingleFileTemplate(like)).Fill(layout, tensors);
            }

            var ordered = StreamedTensor.InCanonicalOrder(tensors);
            return (ordered, StreamedFile.Header(ordered, Metadata(source, layout)));
        }
    }

    /// <summary>Writes a single file as a diffusers folder. The weight files are those that the reference libraries would write.</summary>
    /// <param name="source">The file, with a companion or tokenizers beside it.</param>
    /// <param name="target">The folder.</param>
    /// <param name="progress">Told after each piece.</param>
    /// <param name="cancellation">Stops between two pieces; then nothing is left behind.</param>
    /// <exception cref="CheckpointException">MG0268 when a tokenizer is missing, MG0273 when a config cannot be inferred, MG0260 for a target that is not replaced.</exception>
    public static ConversionResult ToFolder(SingleFileCheckpoint source, string target, IProgress<ConversionProgress>? progress = null, CancellationToken cancellation = default)
    {
        using var opened = new Disposables();
        // All that can fail for want of a file fails before gigabytes are written.
        var texts = FolderTexts.Of(source);
        var networks = source.Source.Layout.Parts.Select(part =>
        {
            var weights = opened.Add(source.Component(part.Component).OpenWeights());
            var tensors = StreamedTensor.InCanonicalOrder(weights.Tensors.Select(t => new StreamedTensor(t.Name, t.DataType, t.Shape, [ByteRun.Of(t)])));
            return (Name: $"{part.Component}/{(part.IsTextEncoder ? "model" : "diffusion_pytorch_model")}.safetensors", Tensors: tensors);
        }).ToArray();
        var total = networks.Sum(n => n.Tensors.Sum(t => t.ByteLength));
        var copied = Counter(progress, total);
        CheckpointPublisher.Publish(target, partial =>
        {
            foreach (var (name, text) in texts.Files) AtomicFile.Write(Path.Combine(partial, name), text.Span);
            foreach (var (name, tensors) in networks) StreamedFile.Write(Path.Combine(partial, name), StreamedFile.Header(tensors, Format), tensors, copied, cancellation);
        });
        return new ConversionResult(source.Family, [.. texts.Files.Select(f => f.Name).Concat(networks.Select(n => n.Name)).Order(StringComparer.Ordinal)], networks.Sum(n => n.Tensors.Length), total, [.. source.Notes, .. texts.Notes]);
    }

    private static Dictionary<string, string> Metadata(Checkpoint source, SingleFileLayout layout)
    {
        var metadata = new Dictionary<string, string>(Format, StringComparer.Ordinal)
        {
            [SingleFileSource.ConfigKey + "scheduler"] = source.SchedulerConfig.Json,
            [SingleFileSource.IndexKey] = File.ReadAllText(Path.Combine(source.Path, DiffusersFolder.IndexName)),
        };
        foreach (var part in layout.Parts) metadata[SingleFileSource.ConfigKey + part.Component] = source.Component(part.Component).Config.Json;
        return metadata;
    }

    // Stable Diffusion 1 and 2 have one pipeline class; their text encoders differ in the activation.
    private static bool IsOpenClip(Checkpoint source)
    {
        if (source.TextEncoders.IsEmpty || source.Family.PipelineClass.StartsWith("StableDiffusionXL", StringComparison.Ordinal)) return false;
        var config = source.Component(source.TextEncoders[0].Component).Config;
        try
        {
            using var document = JsonDocument.Parse(config.Json);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("hidden_act", out var act) && act.ValueKind == JsonValueKind.String && act.ValueEquals("gelu");
        }
        catch (JsonException e)
        {
            throw new CheckpointException("MG0220", $"'{config.Place}' is no valid JSON: {e.Message} Copy the component again.", config.Place, e);
        }
    }

    private static Action<long> Counter(IProgress<ConversionProgress>? progress, long total)
    {
        long done = 0;
        return bytes => progress?.Report(new ConversionProgress(done += bytes, total));
    }

    private sealed class Disposables : IDisposable
    {
        private readonly List<IDisposable> all = [];

        public T Add<T>(T item)
            where T : IDisposable
        {
            all.Add(item);
            return item;
        }

        public void Dispose() => all.ForEach(d => d.Dispose());
    }
}
