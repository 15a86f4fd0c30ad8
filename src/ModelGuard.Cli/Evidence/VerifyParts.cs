using System.CommandLine.Parsing;

namespace ModelGuard.Cli.Evidence;

/// <summary>The parts of <c>verify</c>, in their order.</summary>
[Flags]
internal enum VerifyParts
{
    None = 0,

    /// <summary>The model's signature.</summary>
    Signature = 1,

    /// <summary>Model, reports, policy and base by their digests, and the signed statements about them.</summary>
    Digest = 2,

    /// <summary>The edit.</summary>
    Edit = 4,

    /// <summary>The gates.</summary>
    Gates = 8,

    /// <summary>The text encoders in use, by the fingerprint in the report.</summary>
    Fingerprint = 16,

    /// <summary>The parts that need a policy.</summary>
    OfPolicy = Edit | Gates,

    /// <summary>The parts that need LibTorch.</summary>
    Computing = Edit | Gates | Fingerprint,

    /// <summary>The parts that do not.</summary>
    Evidence = Signature | Digest,
}

/// <summary>Reads <c>--only</c>.</summary>
internal static class VerifyPartsReading
{
    /// <summary>The option.</summary>
    public const string Name = "--only";

    /// <summary>The option that asks for the fingerprint.</summary>
    public const string Fingerprint = "--fingerprint";

    /// <summary>Names of the parts, separated by commas; a name that is none is an error.</summary>
    public static VerifyParts Parse(ArgumentResult result)
    {
        foreach (var word in Words(result.Tokens.Select(t => t.Value)).Where(w => Find(w) == VerifyParts.None)) result.AddError($"'{word}' is no part of verify; --only takes signature, digest, edit, fingerprint and gates, separated by commas.");
        return Of(result.Tokens.Select(t => t.Value));
    }

    /// <summary>The parts that values name; what is no name of one counts as nothing.</summary>
    public static VerifyParts Of(IEnumerable<string> values) => Words(values).Aggregate(VerifyParts.None, (parts, word) => parts | Find(word));

    /// <summary>Whether parts that compute are asked for, told from the raw command line: LibTorch begins to load before it is parsed.</summary>
    public static bool Computes(IReadOnlyList<string> arguments)
    {
        // Without --only a key may still be all that is needed, but loading in vain costs less than waiting.
        var values = arguments.Index().Where(a => a.Item == Name || a.Item.StartsWith(Name + "=", StringComparison.Ordinal)).Select(a => a.Item == Name ? arguments.ElementAtOrDefault(a.Index + 1) ?? "" : a.Item[(Name.Length + 1)..]).ToArray();
        return values.Length == 0 || arguments.Contains(Fingerprint, StringComparer.Ordinal) || (Of(values) & VerifyParts.Computing) != VerifyParts.None;
    }

    private static IEnumerable<string> Words(IEnumerable<string> values) => values.SelectMany(v => v.Split(','));

    private static VerifyParts Find(string word) => word switch
    {
        "signature" => VerifyParts.Signature,
        "digest" => VerifyParts.Digest,
        "edit" => VerifyParts.Edit,
        "fingerprint" => VerifyParts.Fingerprint,
        "gates" => VerifyParts.Gates,
        _ => VerifyParts.None,
    };
}
