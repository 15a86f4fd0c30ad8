using System.Collections.Immutable;

namespace ModelGuard.Fingerprints;

/// <summary>Which encoder is in use.</summary>
public enum EncoderKind
{
    /// <summary>The one that the edit made.</summary>
    Edited,

    /// <summary>That of the base: the edit was taken back.</summary>
    Base,

    /// <summary>Neither.</summary>
    Other,

    /// <summary>The edit changes so little that the two cannot be told apart.</summary>
    Undecided,
}

/// <summary>Which encoder is in use in one place of a model.</summary>
/// <param name="Component">The place, for example <c>text_encoder</c>.</param>
/// <param name="Kind">Which it is.</param>
/// <param name="Telling">Number of prompts on which edited and base encoder are told apart.</param>
/// <param name="AsEdited">Number of these on which this one gives what the edited one gave.</param>
/// <param name="AsBase">Number of these on which it gives what the base's gave.</param>
/// <param name="Deviation">The largest distance from the edited one over all prompts, as a fraction of a state.</param>
public sealed record EncoderIdentity(string Component, EncoderKind Kind, int Telling, int AsEdited, int AsBase, double Deviation);

/// <summary>
/// Tells encoders apart by their sketches. Nothing is compared for being equal, so no rounding can flip a verdict: a distance is the root mean
/// square of the differences of a prompt's numbers, and counts as none up to a tolerance that conversion to another type stays below.
/// </summary>
internal static class FingerprintMatch
{
    // Of a state behind one layer, conversion of all weights to bfloat16 moves up to 0.007 on the small model, to float16 0.001; what layers add goes in all directions.
    private const double OfOneLayer = 0.02;

    /// <summary>The distance that counts as none, behind a number of layers.</summary>
    public static double Tolerance(int layers) => OfOneLayer * Math.Sqrt(layers);

    /// <summary>How far apart edited and base are at least on a prompt that tells them apart.</summary>
    public static double Telling(int layers) => 3 * Tolerance(layers);

    /// <summary>Compares what an encoder gives with what edited and base gave.</summary>
    public static EncoderIdentity Of(EncoderFingerprint fingerprint, ImmutableArray<ImmutableArray<double>> found)
    {
        var (tolerance, least) = (Tolerance(fingerprint.Layers), Telling(fingerprint.Layers));
        var prompts = found.Select((f, i) => (FromEdited: Distance(f, fingerprint.Edited[i]), FromBase: Distance(f, fingerprint.Base[i]), IsTelling: Distance(fingerprint.Edited[i], fingerprint.Base[i]) >= least)).ToArray();
        var telling = prompts.Where(p => p.IsTelling).ToArray();
        var kind = (Array.TrueForAll(prompts, p => p.FromEdited <= tolerance), Array.TrueForAll(prompts, p => p.FromBase <= tolerance)) switch
        {
            // One prompt that is off settles it, whether or not the two can be told apart.
            (false, false) => EncoderKind.Other,
            _ when telling.Length == 0 => EncoderKind.Undecided,
            (true, _) => EncoderKind.Edited,
            _ => EncoderKind.Base,
        };
        return new EncoderIdentity(fingerprint.Component, kind, telling.Length, telling.Count(p => p.FromEdited <= tolerance), telling.Count(p => p.FromBase <= tolerance), prompts.Max(p => p.FromEdited));
    }

    /// <summary>Root mean square of the differences.</summary>
    public static double Distance(ImmutableArray<double> a, ImmutableArray<double> b) => Math.Sqrt(a.Zip(b, (x, y) => (x - y) * (x - y)).Average());
}
