using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using ModelGuard.Auditing;
using ModelGuard.Checkpoints;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Workflows;

/// <summary>Keeps the pictures of an audit as PNG files, and at the end the list that names each with its digest.</summary>
internal sealed class PictureFolder(string path)
{
    private readonly ImmutableArray<IndexedPicture>.Builder pictures = ImmutableArray.CreateBuilder<IndexedPicture>();

    /// <summary>Writes a picture. Its name is a number: prompts are no file names.</summary>
    public void Add(AuditPicture picture)
    {
        var (name, png) = (string.Create(CultureInfo.InvariantCulture, $"{pictures.Count:000000}.png"), picture.Image.ToPng());
        AtomicFile.WriteUnflushed(Path.Combine(path, name), stream => stream.Write(png));
        pictures.Add(new IndexedPicture(picture.Subject.Id, picture.Item.Prompt, picture.Item.Seed, picture.IsBase, name, Digest(png)));
    }

    /// <summary>Writes the list: where it is, all pictures are there too.</summary>
    public PictureIndexReference Complete()
    {
        var index = PictureIndex.Write(pictures.ToImmutable());
        AtomicFile.Write(Path.Combine(path, PictureIndex.FileName), index);
        return new PictureIndexReference(PictureIndex.FileName, Digest(index), pictures.Count);
    }

    private static string Digest(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
}
