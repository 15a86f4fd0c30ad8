using System.Collections.Immutable;
using ModelGuard.Shared;

namespace ModelGuard.Attestations.ModelSigning;

/// <summary>What a model signature says (OpenSSF model signing v1.0 §6), with SHA-256.</summary>
/// <param name="ModelName">Name of the model's folder; it only informs.</param>
/// <param name="Resources">All files, or all shards of them, in the order of the root digest.</param>
/// <param name="IgnoredPaths">Paths that the signer left out, with all that is in them.</param>
public sealed record ModelManifest(string ModelName, ImmutableArray<SignedResource> Resources, ImmutableArray<string> IgnoredPaths)
{
    // The reference implementation names a model that is one file so.
    private const string OnlyFile = ".";

    /// <summary>Bytes of a shard (§6.3.2); null where each file is digested as a whole (§6.3.1).</summary>
    public long? ShardSize { get; init; }

    /// <summary>The root digest, as lower-case hex.</summary>
    public string Root => Convert.ToHexStringLower(RootDigest.Of(Resources.Select(r => r.Sha256)));

    /// <summary>A manifest with resources and paths in the order of the specification: by code points.</summary>
    /// <param name="modelName">Name of the model's folder.</param>
    /// <param name="resources">All files, or all shards.</param>
    /// <param name="ignoredPaths">Paths that are left out.</param>
    /// <param name="shardSize">Bytes of a shard; null where each file is digested as a whole.</param>
    public static ModelManifest Create(string modelName, IEnumerable<SignedResource> resources, IEnumerable<string> ignoredPaths, long? shardSize = null) => new(
        modelName,
        [.. resources.OrderBy(r => r.Name, RootDigest.NameOrder)],
        [.. ignoredPaths.Distinct(StringComparer.Ordinal).Order(RootDigest.NameOrder)])
    {
        ShardSize = shardSize,
    };

    /// <summary>The files that the resources are of. Of an empty file there are no shards, so where these are listed it is not among them.</summary>
    /// <exception cref="InvalidOperationException">A resource is no shard in a manifest of shards.</exception>
    public ImmutableArray<SignedFile> Files() => ShardSize is null
        ? [.. Resources.Select(r => new SignedFile(r.Name, [r]))]
        : [.. Resources.Select(r => (Resource: r, Shard: ShardName.Parse(r.Name) ?? throw new InvalidOperationException($"'{r.Name}' is no shard."))).GroupBy(r => r.Shard.Path, StringComparer.Ordinal).Select(g => new SignedFile(g.Key, [.. g.Select(r => r.Resource)]) { Length = g.Max(r => r.Shard.End) })];

    /// <summary>The manifest with a model that is one file under that file's name, whatever the signer called it.</summary>
    /// <param name="name">The file's name.</param>
    public ModelManifest OfOneFile(string name) => this with
    {
        Resources = [.. Resources.Select(r => ShardSize is null
            ? r.Name == OnlyFile ? r with { Name = name } : r
            : ShardName.Parse(r.Name) is { Path: OnlyFile } shard ? r with { Name = (shard with { Path = name }).ToString() } : r)],
    };

    /// <summary>Whether a path may be listed: it lies in the model, or is the model.</summary>
    internal static bool MayList(string path) => path == OnlyFile || ModelSigning.IgnoredPaths.IsInside(path);
}
