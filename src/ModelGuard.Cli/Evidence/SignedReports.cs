using System.Collections.Immutable;
using System.Text;
using ModelGuard.Attestations;
using ModelGuard.Attestations.InToto;
using ModelGuard.Attestations.Signing;
using ModelGuard.Attestations.Sigstore;
using ModelGuard.Reports;

namespace ModelGuard.Cli.Evidence;

/// <summary>The statements beside a model: a bundle on each line (in-toto <c>spec/v1/bundle.md</c>).</summary>
internal static class SignedReports
{
    /// <summary>Name of the file in the model's folder.</summary>
    public const string FileName = "modelguard-report.intoto.jsonl";

    /// <summary>Signs statements.</summary>
    public static byte[] Sign(BundleSigner signer, IEnumerable<Statement> statements) =>
        [.. statements.SelectMany(s => BundleWriter.Write(signer.Sign(s.ToJson())).Append((byte)'\n'))];

    /// <summary>The statements of a file, each verified with whom is trusted.</summary>
    /// <exception cref="AttestationException">MG2001 to MG2012: there is no such file, or a line does not hold.</exception>
    public static ImmutableArray<Statement> Read(string path, Trust trust)
    {
        var file = new FileInfo(path);
        if (!file.Exists) throw AttestationException.Refuse("MG2019", $"There is no '{path}' with signed statements about the report: it was never signed, or they were removed. Sign model and report with 'modelguard sign', or leave --public-key out to check digests alone.");
        if (file.Length > BundleReader.LargestBundle) throw AttestationException.Refuse("MG2002", FormattableString.Invariant($"'{path}' is larger than {BundleReader.LargestBundle >> 20} MB. Fetch it again."));
        var lines = File.ReadAllText(path, Encoding.UTF8).Split('\n');
        return [.. lines.Index().Where(l => l.Item.Length > 0).Select(l => Read(l.Item, FormattableString.Invariant($"{path}({l.Index + 1})"), trust))];
    }

    /// <summary>The reports to speak of: the one in the model's folder, and one that is named.</summary>
    /// <exception cref="AttestationException">MG2021: one is no report.</exception>
    public static ImmutableArray<ReportFile> Find(string model, string? named)
    {
        var own = Path.Combine(model, EditReport.FileName);
        string[] paths = [.. File.Exists(own) ? [own] : Array.Empty<string>(), .. named is null || Path.GetFullPath(named) == own ? [] : new[] { named }];
        return [.. paths.Select(p => ReportFile.Read(Path.GetFileName(p), File.ReadAllBytes(p)))];
    }

    /// <summary>The report of a model's edit: the one that is named, or else the one in the model's folder; null where neither is one.</summary>
    /// <exception cref="AttestationException">MG2021: one is no report.</exception>
    public static ReportFile? OfEdit(string model, string? named) => Find(model, named).LastOrDefault(r => r.Document.Edit is not null);

    private static Statement Read(string line, string place, Trust trust) => Statement.Read(BundleVerifier.Verify(BundleReader.Read(Encoding.UTF8.GetBytes(line), place), trust, place).Payload, place);
}
