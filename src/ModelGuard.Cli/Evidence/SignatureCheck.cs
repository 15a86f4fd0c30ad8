using System.Collections.Immutable;
using System.Text.Json.Serialization;
using ModelGuard.Attestations;
using ModelGuard.Attestations.ModelSigning;
using ModelGuard.Attestations.Signing;
using ModelGuard.Attestations.Sigstore;
using ModelGuard.Checkpoints;

namespace ModelGuard.Cli.Evidence;

/// <summary>What a model signature proved.</summary>
/// <param name="Signer">Who signed.</param>
/// <param name="Files">Number of files that it covers.</param>
/// <param name="Root">The root digest that was signed, lower-case hex.</param>
/// <param name="LeftOut">What the signer left out besides what is always left out.</param>
internal sealed record SignatureProof(string Signer, int Files, string Root, ImmutableArray<string> LeftOut)
{
    /// <summary>Bytes of the shards whose digests were signed; null where those of whole files were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ShardSize { get; init; }

    /// <summary>Empty files, of which a signature over shards says nothing.</summary>
    public required ImmutableArray<string> EmptyFiles { get; init; }
}

/// <summary>Verifies the signature of a model against its files (OpenSSF model signing v1.0 §9).</summary>
internal sealed class SignatureCheck(HashedModel model, Trust trust)
{
    private const int MostNames = 5;

    /// <summary>The signature; null for the one in the model's folder.</summary>
    public string? Signature { get; init; }

    /// <summary>What the one who verifies leaves out.</summary>
    public ImmutableArray<string> IgnoredPaths { get; init; } = [];

    /// <summary>Whether files that were not signed are accepted.</summary>
    public bool IgnoresUnsigned { get; init; }

    /// <summary>Runs the check.</summary>
    /// <exception cref="AttestationException">MG2001 to MG2012: it does not hold, or nobody is trusted.</exception>
    public SignatureProof Run()
    {
        var path = Path.GetFullPath(Signature ?? (File.Exists(model.Path) ? model.Path + ".sig" : Path.Combine(model.Path, Attestations.ModelSigning.IgnoredPaths.SignatureName)));
        var signed = BundleVerifier.Verify(BundleReader.Read(ReadBundle(path), path), trust, path);
        var manifest = ModelStatement.Read(signed.Payload, path);
        var uncovered = Compare(manifest, path);
        if (!signed.IsTrusted) throw new AttestationException("MG2011", $"Not verified: '{path}' says to be signed by {signed.Signer}, and lists the files as they are, but anyone could have written that. Name whom you trust with --public-key, or with --certificate-chain.");
        return new SignatureProof(signed.Signer, manifest.Files().Length, manifest.Root, [.. manifest.IgnoredPaths.Where(p => !IsAlwaysLeftOut(p))]) { ShardSize = manifest.ShardSize, EmptyFiles = uncovered };
    }

    private static byte[] ReadBundle(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw AttestationException.Refuse("MG2001", $"There is no signature '{path}': the model was never signed, or the signature was removed. Sign it with 'modelguard sign', fetch it with its signature, or name that with --signature.");
        return file.Length <= BundleReader.LargestBundle ? File.ReadAllBytes(path) : throw AttestationException.Refuse("MG2002", FormattableString.Invariant($"'{path}' is larger than {BundleReader.LargestBundle >> 20} MB and no signature. Fetch it again."));
    }

    private static bool IsAlwaysLeftOut(string path) => ModelFiles.SpeaksAboutTheModel(path) || Attestations.ModelSigning.IgnoredPaths.VersionControl.Contains(path, StringComparer.Ordinal);

    /// <returns>Names of empty files that the signature says nothing of.</returns>
    private ImmutableArray<string> Compare(ModelManifest manifest, string path)
    {
        var ignored = Attestations.ModelSigning.IgnoredPaths.OfVerifier(manifest, [.. IgnoredPaths, .. OwnName(path)]);
        ImmutableArray<ModelFile> files;
        try
        {
            files = model.Files(ignored.Covers);
        }
        catch (CheckpointException e)
        {
            // A link or a pipe among the files is no mishap here: what was signed had none.
            throw AttestationException.Refuse(e.Code, e.Message, e);
        }

        var listed = File.Exists(model.Path) ? manifest.OfOneFile(model.Name) : manifest;
        var signed = listed.Files().ToDictionary(f => f.Name, StringComparer.Ordinal);
        // Of an empty file there are no shards to sign.
        var uncovered = manifest.ShardSize is null ? [] : files.Where(f => !signed.ContainsKey(f.Name) && new FileInfo(f.Path).Length == 0).ToImmutableArray();
        var unsigned = files.Except(uncovered).Where(f => !signed.ContainsKey(f.Name)).Select(f => f.Name).ToArray();
        if (!IgnoresUnsigned && unsigned.Length > 0) throw AttestationException.Refuse("MG2010", $"{Names(unsigned)} {(unsigned.Length == 1 ? "is" : "are")} in '{model.Path}' and not in its signature: added, or renamed, after it was signed. Remove what does not belong there, or fetch the model again from its source.");
        // What was not signed need not be read.
        var differences = ModelDifferences.Between(listed, Digested([.. files.Where(f => signed.ContainsKey(f.Name))], signed, manifest.ShardSize));
        if (differences.Missing is { IsEmpty: false } missing) throw AttestationException.Refuse("MG2009", $"{Names(missing)} {(missing.Length == 1 ? "was" : "were")} signed and {(missing.Length == 1 ? "is" : "are")} not in '{model.Path}'. Fetch the model again, whole.");
        if (differences.Changed is { IsEmpty: false } changed) throw AttestationException.Refuse("MG2008", $"{Names(changed)} in '{model.Path}' {(changed.Length == 1 ? "has" : "have")} another content than was signed. Do not use the model; fetch it again from its source.");
        return [.. uncovered.Select(f => f.Name)];
    }

    // A file of another length has another content. Its shards could be more than anyone signed, so they are not looked at.
    private IEnumerable<SignedFile> Digested(ImmutableArray<ModelFile> files, Dictionary<string, SignedFile> signed, long? shardSize)
    {
        var others = files.Where(f => signed[f.Name].Length is { } length && length != new FileInfo(f.Path).Length).ToHashSet();
        return model.Digested(files.RemoveAll(others.Contains), shardSize).Select(f => new SignedFile(f.Name, [.. f.Resources.Select(r => new SignedResource(r.Name, r.Sha256))]))
            .Concat(others.Select(f => new SignedFile(f.Name, [])));
    }

    private IEnumerable<string> OwnName(string signature)
    {
        var name = Path.GetRelativePath(model.Path, signature).Replace('\\', '/');
        return Attestations.ModelSigning.IgnoredPaths.IsInside(name) ? [name] : [];
    }

    private static string Names(IReadOnlyCollection<string> names)
    {
        var shown = string.Join(", ", names.Take(MostNames).Select(n => $"'{n}'"));
        return names.Count <= MostNames ? shown : FormattableString.Invariant($"{shown} and {names.Count - MostNames} more");
    }
}
