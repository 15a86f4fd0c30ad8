using System.Globalization;
using ModelGuard.Rendering.Reading;

namespace ModelGuard.Rendering.Html;

/// <summary>What identifies everything that the report rests on, and how somebody else checks it.</summary>
internal static class EvidenceHtml
{
    public static Markup Of(ReportView report, HtmlOptions options)
    {
        List<(string What, string Name, string Digest)> items =
        [
            ("Report", "modelguard-report.json", options.ReportDigest),
            ("Policy", report.Policy.Name, report.Policy.Digest),
            ("Base", report.Model.Base.Name, report.Model.Base.Digest),
            ("Model", report.Model.Output.Name, report.Model.Output.Digest),
        ];
        if (report.Model.SettingsDigest is { } settings) items.Add(("Settings", "configs and tokenizers of the base", settings));
        if (report.Audit is { } audit) items.Add(("Scorer", "weights", audit.ScorerDigest));
        items.AddRange(options.Files.Select(f => ("Beside it", f.Name, f.Digest)));
        items.AddRange((report.Edit?.Tensors ?? []).SelectMany(t => new[] { ("Tensor before", t.Tensor, t.DigestBefore), ("Tensor after", t.Tensor, t.DigestAfter) }));
        return Markup.Of($"""
            <p class="note">This page is a view and no evidence itself: anyone can write another. What counts is the signed report with the digest below, and the model's own files.</p>
            <div class="scroll" tabindex="0" role="group" aria-labelledby="evidence-title">
            <table class="digests">
            <thead><tr><th scope="col">What</th><th scope="col">Name</th><th scope="col">SHA-256; of models the root digest of OpenSSF model signing 1.0{(report.Model.Serialization is { } shards ? Markup.Of($", over shards of {shards.ShardSize.ToString(CultureInfo.InvariantCulture)} bytes") : Markup.None)}</th></tr></thead>
            <tbody>
            {items.Select(i => Markup.Of($"<tr><th scope=\"row\">{i.What}</th><td>{i.Name}</td><td><code>{i.Digest["sha256:".Length..]}</code></td></tr>\n"))}
            </tbody>
            </table>
            </div>
            <h3>How to check it</h3>
            <ol class="steps">
            <li>Is the report the one above? <pre><code>sha256sum modelguard-report.json</code></pre></li>
            <li>Were model and report signed by whom you trust, and are the files those that were signed? <pre><code>modelguard verify MODEL --only signature,digest --public-key KEY.pub.pem</code></pre></li>
            <li>Does the policy make this model from this base, and do its gates say the same again? <pre><code>modelguard verify POLICY --public-key KEY.pub.pem</code></pre></li>
            </ol>
            <h3>How it was computed</h3>
            <dl class="facts">
            <div><dt>Tool</dt><dd>ModelGuard {report.Tool.Version}</dd></div>
            <div><dt>LibTorch</dt><dd>{report.Environment.Libtorch}</dd></div>
            <div><dt>Device</dt><dd>{report.Environment.Device}, {report.Environment.Threads} thread{(report.Environment.Threads == 1 ? "" : "s")}{(report.Environment.Dtype is { } type ? $", {type}" : "")}{(report.Environment.Convolutions is { } how ? $", convolutions: {how}" : "")}</dd></div>
            {(report.Audit is { Generation: var g } ? Markup.Of($"<div><dt>Pictures</dt><dd>{g.Scheduler}, {g.Steps} steps, guidance {g.GuidanceScale:0.###}, {g.Seeds.Length} seed{(g.Seeds.Length == 1 ? "" : "s")} a prompt</dd></div>") : Markup.None)}
            {(report.Run is { } run ? Markup.Of($"<div><dt>Machine</dt><dd>{run.Machine}</dd></div><div><dt>Duration</dt><dd>{(run.DurationMs / 1000).ToString("0.0", CultureInfo.InvariantCulture)} s</dd></div>") : Markup.None)}
            </dl>

            """);
    }
}
