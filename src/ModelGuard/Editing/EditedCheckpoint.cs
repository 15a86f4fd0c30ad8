using System.Collections.Immutable;
using ModelGuard.Checkpoints;

namespace ModelGuard.Editing;

/// <summary>Writes a copy of a checkpoint with some tensors replaced.</summary>
public static class EditedCheckpoint
{
    /// <summary>Publishes the edited folder atomically. Files without edited tensors are copied as they are, links are followed.</summary>
    /// <param name="checkpoint">The base.</param>
    /// <param name="edits">The new tensors.</param>
    /// <param name="output">The folder to publish.</param>
    /// <param name="finish">Writes what goes beside the model (the report) before it is published.</param>
    public static void Publish(Checkpoint checkpoint, ImmutableArray<EditedTensor> edits, string output, Action<string> finish)
    {
        var replaced = edits.GroupBy(e => WeightsOf(checkpoint, e), StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal);
        CheckpointPublisher.Publish(output, partial =>
        {
            foreach (var source in Files(checkpoint.Path))
            {
                var target = Path.Combine(partial, Path.GetRelativePath(checkpoint.Path, source));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                if (!replaced.TryGetValue(source, out var tensors))
                {
                    File.Copy(source, target);
                    continue;
                }

                using var file = SafetensorsFile.Open(source);
                SafetensorsWriter.CopyWithReplacements(file, target, tensors.ToDictionary(t => t.Name, t => (ReadOnlyMemory<byte>)t.Bytes.ToArray(), StringComparer.Ordinal));
            }

            finish(partial);
        });
    }

    private static string WeightsOf(Checkpoint checkpoint, EditedTensor edit)
    {
        using var weights = checkpoint.Component(edit.Component).OpenWeights();
        return weights.Get(edit.Name).File.Path;
    }

    // A signature or report of the base says nothing about the copy.
    private static IEnumerable<string> Files(string root) => Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)
        .Where(f => Path.GetRelativePath(root, f) is var name && name != "model.sig" && !name.StartsWith("modelguard-report.", StringComparison.Ordinal) && !name.StartsWith(".git", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);
}
