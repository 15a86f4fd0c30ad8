namespace ModelGuard.Checkpoints;

/// <summary>Weight files that are never read: loading a pickle runs code that its author chose.</summary>
public static class PickleFormats
{
    private static readonly string[] Pickles = [".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"];
    private static readonly string[] OtherFrameworks = [".msgpack", ".h5"];

    /// <summary>Whether a name ends like a weight file of a kind that is not read.</summary>
    public static bool IsPickle(string path) => Has(path, Pickles) || Has(path, OtherFrameworks);

    /// <summary>Refuses such a file; a folder may be called what it likes.</summary>
    /// <exception cref="CheckpointException">MG0210.</exception>
    public static void Refuse(string path)
    {
        if (Directory.Exists(path)) return;
        if (Has(path, Pickles)) throw Refusal(path, "files of this kind hold Python pickles, and loading one can run any code its author put in. Convert it to safetensors on a machine you can throw away (for example with diffusers: pipeline.save_pretrained(folder, safe_serialization=True))");
        if (Has(path, OtherFrameworks)) throw Refusal(path, "it holds weights of Flax or Keras, and Keras files can carry code that runs when they are loaded. Convert it to safetensors (for example with diffusers: from_pretrained(folder, from_flax=True), then save_pretrained(folder, safe_serialization=True))");
    }

    /// <summary>Refuses a pickle that goes under a safetensors name, by the first bytes of a zip archive (PyTorch 1.6 and later) or of a pickle.</summary>
    /// <exception cref="CheckpointException">MG0210.</exception>
    internal static void RefuseContent(ReadOnlySpan<byte> start, string path)
    {
        if (start.StartsWith("PK\x03\x04"u8) || (start.Length > 2 && start[0] == 0x80 && start[1] is >= 2 and <= 5 && start[2] != 0))
        {
            throw Refusal(path, "its first bytes are those of a Python pickle or a PyTorch archive, whatever its name says, and loading one can run any code its author put in. Convert it to safetensors on a machine you can throw away");
        }
    }

    private static CheckpointException Refusal(string path, string why) => new("MG0210", $"'{path}' is not read: {why}, and name the safetensors file or folder instead.", path);

    private static bool Has(string path, string[] extensions) => extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
