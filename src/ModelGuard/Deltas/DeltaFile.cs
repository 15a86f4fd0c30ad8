using System.Runtime.InteropServices;
using ModelGuard.Checkpoints;

namespace ModelGuard.Deltas;

/// <summary>
/// An edit as a safetensors file of its own: the changed tensors and nothing else, in a form that leads from base to edited and back
/// (docs/decisions/0002-delta-in-both-directions.md). Opening checks the file against its manifest, whoever wrote it.
/// </summary>
public sealed class DeltaFile : IDisposable
{
    /// <summary>Its name beside an edited checkpoint.</summary>
    public const string FileName = ModelFiles.DeltaName;

    internal const string ManifestKey = "modelguard.delta";
    internal const string ReportKey = "modelguard.report";
    private readonly SafetensorsFile file;

    private DeltaFile(SafetensorsFile file, DeltaManifest manifest, string report)
    {
        this.file = file;
        Manifest = manifest;
        Report = report;
    }

    /// <summary>What it says about itself.</summary>
    public DeltaManifest Manifest { get; }

    /// <summary>The deterministic part of the edit's report, as JSON.</summary>
    public string Report { get; }

    /// <summary>The file.</summary>
    public string Path => file.Path;

    /// <summary>Opens a delta.</summary>
    /// <exception cref="CheckpointException">MG0200 to MG0212 for a file that is missing or no safetensors file, MG1040 for one without a manifest or with a malformed one, MG1041 for tensors that do not fit it.</exception>
    public static DeltaFile Open(string path)
    {
        var opened = SafetensorsFile.Open(path);
        try
        {
            if (!opened.Metadata.TryGetValue(ManifestKey, out var text) || !opened.Metadata.TryGetValue(ReportKey, out var report))
            {
                throw new CheckpointException("MG1040", $"'{path}' is no delta: its metadata hold no '{ManifestKey}' with '{ReportKey}'. Name a file that 'modelguard edit --delta' wrote.", path);
            }

            var manifest = DeltaManifestJson.Read(text, path);
            DeltaLayout.Require(opened, manifest);
            return new DeltaFile(opened, manifest, report);
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A tensor's edited bytes from those of the base.</summary>
    public byte[] ToEdited(DeltaTensor tensor, ReadOnlySpan<byte> before) => tensor.Encoding == DeltaEncoding.Xor ? Xor(tensor, before) : LowRank(tensor).ToEdited(before, tensor.DataType);

    /// <summary>A tensor's bytes in the base from the edited ones.</summary>
    public byte[] ToBase(DeltaTensor tensor, ReadOnlySpan<byte> after) => tensor.Encoding == DeltaEncoding.Xor ? Xor(tensor, after) : LowRank(tensor).ToBase(after, tensor.DataType);

    /// <inheritdoc />
    public void Dispose() => file.Dispose();

    /// <summary>The exclusive or of bytes of the same number.</summary>
    internal static byte[] Difference(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var result = new byte[first.Length];
        for (var i = 0; i < result.Length; i++) result[i] = (byte)(first[i] ^ second[i]);
        return result;
    }

    private byte[] Xor(DeltaTensor tensor, ReadOnlySpan<byte> from) => Difference(from, Bytes(DeltaLayout.Xor(tensor)));

    private LowRankChange LowRank(DeltaTensor tensor)
    {
        var up = file.Get(DeltaLayout.Up(tensor));
        return new LowRankChange(
            [.. MemoryMarshal.Cast<byte, float>(file.GetBytes(up))],
            [.. MemoryMarshal.Cast<byte, float>(Bytes(DeltaLayout.Down(tensor)))],
            checked((int)up.Shape[1]),
            Corrections(tensor, DeltaLayout.Apply),
            Corrections(tensor, DeltaLayout.Revert));
    }

    private Corrections Corrections(DeltaTensor tensor, string direction) => new(Bytes(DeltaLayout.Gaps(tensor, direction)).ToArray(), Bytes(DeltaLayout.Values(tensor, direction)).ToArray());

    private ReadOnlySpan<byte> Bytes(string name) => file.GetBytes(file.Get(name));
}
