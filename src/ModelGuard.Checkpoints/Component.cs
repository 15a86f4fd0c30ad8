namespace ModelGuard.Checkpoints;

/// <summary>One network of a checkpoint: its settings and its weights, wherever they lie.</summary>
public abstract class Component
{
    /// <summary>Its name in the pipeline, for example <c>text_encoder</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What messages name: its folder, or the single file.</summary>
    public abstract string Place { get; }

    /// <summary>Its settings.</summary>
    /// <exception cref="CheckpointException">MG0220 when they are missing.</exception>
    public abstract ConfigText Config { get; }

    /// <summary>Opens its weights; only headers are read.</summary>
    /// <exception cref="CheckpointException">MG0200 to MG0218 and MG0264 for weights that are missing or damaged.</exception>
    public abstract ComponentWeights OpenWeights();

    /// <summary>A component's folder on its own, as <c>save_pretrained</c> writes it.</summary>
    public static Component OfFolder(string folder) => new FolderComponent(folder);
}
