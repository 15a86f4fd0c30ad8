using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;

namespace ModelGuard.Policies.Starter;

/// <summary>Writes a first policy with comments: valid as it stands, with examples to be replaced.</summary>
public static partial class StarterPolicy
{
    /// <summary>Where the policy looks for a scorer when none is known.</summary>
    public const string NoScorer = "models/clip";

    // Two names in eight prompts make 80 pictures with these.
    private const int Seeds = 5;
    private const int PicturesOfAConcept = 2 * 8 * Seeds;
    private const string Resource = "starter.yaml";
    private const string Xl = "StableDiffusionXLPipeline";

    /// <summary>The text of the policy, with LF at the ends of lines. The same model and places give the same text.</summary>
    public static string Write(StarterModel model, StarterPlaces places)
    {
        using var reader = new StreamReader(typeof(StarterPolicy).Assembly.GetManifestResourceStream(Resource)!);
        return Placeholder().Replace(reader.ReadToEnd(), m => Value(m.Groups["name"].Value, model, places));
    }

    private static string Value(string name, StarterModel model, StarterPlaces places) => name switch
    {
        "schema" => places.Schema,
        "family" => model.Family.Description,
        "encoders" => $"Its text encoder{(model.Encoders.Length > 1 ? "s" : "")}: {string.Join(", ", model.Encoders.Select(e => string.Create(CultureInfo.InvariantCulture, $"{e.Component} with layers 0 to {e.Layers - 1}")))}.",
        "base" => Scalar(places.Base),
        "settings" => (places.Components is { } components ? $"\n  components: {Scalar(components)}   # the configs and tokenizers that the single file lacks" : "") + (places.Variant is { } variant ? $"\n  variant: {Scalar(variant)}" : ""),
        "output" => Scalar(places.Output),
        "scorer" => Scalar(places.Scorer ?? NoScorer),
        "scorerNote" => places.Scorer is null ? "   # none was found: put one there, or name yours; an edit does without, an audit does not" : "",
        "method" => model.Encoders.Length > 1 ? "the self-attention of all text encoders; other methods: text-encoder-mlp, uce, loco-edit" : "the self-attention of the text encoder; other methods: text-encoder-mlp, uce, loco-edit",
        "pictures" => PicturesOfAConcept.ToString(CultureInfo.InvariantCulture),
        "scheduler" => model.Scheduler ?? "ddim",
        "schedulerNote" => model.Scheduler is null ? "   # the checkpoint's own scheduler is not run here" : "   # the checkpoint's own scheduler",
        // diffusers' default for the pipeline.
        "guidanceScale" => model.Family.PipelineClass == Xl ? "5" : "7.5",
        "seeds" => Seeds.ToString(CultureInfo.InvariantCulture),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, $"'{Resource}' has a placeholder that is not known."),
    };

    /// <summary>A text as YAML: plain where nothing in it means anything to YAML, otherwise in quotation marks (JSON's escapes are YAML's, too).</summary>
    private static string Scalar(string text) => Plain().IsMatch(text) ? text : $"\"{JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text)}\"";

    [GeneratedRegex(@"\{\{(?<name>[a-zA-Z]+)\}\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Placeholder();

    // What has a slash is no number, and no word that YAML knows.
    [GeneratedRegex(@"^(?=.*/)[A-Za-z./][A-Za-z0-9_./-]*\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Plain();
}
