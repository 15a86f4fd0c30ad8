namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>A network in a single file: a view under the reference's names; no tensor is copied.</summary>
internal sealed class SingleFileComponent(SingleFileSource source, SingleFilePart part) : Component
{
    public override string Name => part.Component;

    public override string Place => source.Path;

    public override ConfigText Config => source.Config(part);

    public override IReadOnlyList<string> WeightFiles => [source.Path];

    public override IReadOnlyList<string> OtherWeightFiles => [];

    public override ComponentWeights OpenWeights()
    {
        var file = SafetensorsFile.Open(source.Path);
        try
        {
            return new ComponentWeights(source.Path, [file], part.Place(file.Tensors, source.Layers(part), source.Path).Select(t => t.In(file)));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
