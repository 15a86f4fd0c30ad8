using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Checkpoints.Conversion;
using ModelGuard.Editing;
using ModelGuard.Policies;
using ModelGuard.Proving;
using ModelGuard.Tests.Editing;

namespace ModelGuard.Tests.Proving;

/// <summary>A small base in some form and its edited copy, to be tampered with and held against each other.</summary>
internal sealed class EditedModel : IDisposable
{
    private readonly TemporaryFolder work = new();

    public EditedModel(string form = "folder", TextEncoderForm? change = null)
    {
        var folder = TemporaryFolder.CopyOf(Golden.Model("sd1-tiny"));
        Directory.Move(folder.Path, work["base"]);
        change?.Invoke(Path.Combine(work["base"], "text_encoder"));
        BasePath = work["base"];
        if (form == "file")
        {
            CheckpointConverter.ToSingleFile(DiffusersFolder.Open(work["base"]), work["tiny.safetensors"]);
            BasePath = work["tiny.safetensors"];
        }

        Options = form == "file" ? new CheckpointOptions { Companion = work["base"] } : CheckpointOptions.Default;
        Base = Checkpoint.Open(BasePath, Options);
        Policy = SomeEdit.Policy(SomeEdit.LastSubject(0.01) with { Layers = [0, 1] }, [SomeEdit.Concept("van gogh", "dog")]);
        Edits = SomeEdit.Solve(Base, Policy);
        EditedCheckpoint.Publish(Base, () => Edits, Output, new PublishOptions(LinkRule.Refuse, DigestCache.None), e => Folder = e);
    }

    /// <summary>Puts a text encoder's folder into another form.</summary>
    public delegate void TextEncoderForm(string folder);

    public string BasePath { get; }

    public string Output => work["edited"];

    public string this[string name] => Path.Combine(Output, name);

    public CheckpointOptions Options { get; }

    public Checkpoint Base { get; }

    public Policy Policy { get; }

    public ImmutableArray<EditedTensor> Edits { get; }

    public EditedFolder? Folder { get; private set; }

    public Checkpoint Edited => Checkpoint.Open(Output, Options);

    /// <summary>The file with the edited tensors.</summary>
    public string Weights => Directory.EnumerateFiles(Output, "*.safetensors", SearchOption.AllDirectories).Single(f => Holds(f, Edits[0].Name) || Holds(f, "cond_stage_model.transformer." + Edits[0].Name));

    public static DigestedModel Digest(string path)
    {
        var files = ModelFiles.Of(path, LinkRule.Refuse);
        return new DigestedModel(path, files, Digests.Files(files, DigestCache.None));
    }

    /// <summary>Flips the lowest bit of the first byte of a tensor.</summary>
    public static void FlipBit(string file, string tensor)
    {
        long offset;
        using (var weights = SafetensorsFile.Open(file)) offset = weights.Get(tensor).Offset;
        var bytes = File.ReadAllBytes(file);
        bytes[offset] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    public UntouchedProof Untouched() => UntouchedParts.Require(Base, Digest(BasePath), Digest(Output), Edits, []);

    public RederivedEdit Rederive(bool mustBeExact) => RederivedEdit.Require(SomeEdit.Solve(Base, Policy), Edited, mustBeExact, edited => EditMethods.Solve(new EditTask(Base, Policy) { Upstream = edited }));

    public void Dispose() => work.Dispose();

    private static bool Holds(string file, string tensor)
    {
        using var weights = SafetensorsFile.Open(file);
        return weights.TryGet(tensor, out _);
    }
}
