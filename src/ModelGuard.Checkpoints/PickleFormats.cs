namespace ModelGuard.Checkpoints;

/// <summary>Weight files that are never read: loading a pickle runs code that its author chose.</summary>
public static class PickleFormats
{
    private static readonly string[] Extensions = [".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle", ".msgpack", ".h5"];

    /// <summary>Whether a name ends like a file that holds, or may hold, a pickle.</summary>
    public static bool IsPickle(string path) => Extensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>Refuses such a file.</summary>
    /// <exception cref="CheckpointException">MG0210.</exception>
    public static void Refuse(string path)
    {
        if (IsPickle(path))
        {
            throw new CheckpointException("MG0210", $"'{path}' is not read: files of this kind hold Python pickles, and loading one can run any code its author put in. Convert it to safetensors on a machine you can throw away (for example with diffusers: pipeline.save_pretrained(folder, safe_serialization=True)) and name that file or folder instead.", path);
        }
    }
}
