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
    /// <exception cref="CheckpointException">MG0200 to MG0219 and MG0264 for weights that are missing or damaged.</exception>
    public abstract ComponentWeights OpenWeights();

    /// <summary>The files with the weights that are read, as full names.</summary>
    /// <exception cref="CheckpointException">MG0210, MG0213, MG0214, MG0219 or MG0264 when it is not clear which they are.</exception>
    public abstract IReadOnlyList<string> WeightFiles { get; }

    /// <summary>
    /// Other files of its folder with the same weights in another form: variants, pickles, Flax, ONNX, OpenVINO, and indexes of such shards. An
    /// edited component must not carry them along.
    /// </summary>
    /// <exception cref="CheckpointException">As <see cref="WeightFiles"/>.</exception>
    public abstract IReadOnlyList<string> OtherWeightFiles { get; }

    /// <summary>A component's folder on its own, as <c>save_pretrained</c> writes it.</summary>
    public static Component OfFolder(string folder) => new FolderComponent(folder);
}
