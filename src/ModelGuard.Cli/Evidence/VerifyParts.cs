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
}

/// <summary>Reads <c>--only</c>.</summary>
internal static class VerifyPartsReading
{
    /// <summary>The option.</summary>
    public const string Name = "--only";

    /// <summary>Names of the parts, separated by commas.</summary>
    public static VerifyParts Parse(ArgumentResult result)
    {
        var parts = VerifyParts.None;
        foreach (var word in result.Tokens.SelectMany(t => t.Value.Split(',')))
        {
            var part = Find(word);
            if (part == VerifyParts.None) result.AddError($"'{word}' is no part of verify; --only takes signature, digest, edit and gates, separated by commas.");
            parts |= part;
        }

        return parts;
    }

    /// <summary>Whether parts that compute are asked for, told from the raw command line: LibTorch begins to load before it is parsed.</summary>
    public static bool Computes(IReadOnlyList<string> arguments)
    {
        // Without --only a key may still be all that is needed, but loading in vain costs less than waiting.
        var values = arguments.Index().Where(a => a.Item == Name || a.Item.StartsWith(Name + "=", StringComparison.Ordinal)).Select(a => a.Item == Name ? arguments.ElementAtOrDefault(a.Index + 1) ?? "" : a.Item[(Name.Length + 1)..]).ToArray();
        return values.Length == 0 || values.SelectMany(v => v.Split(',')).Any(word => (Find(word) & (VerifyParts.Edit | VerifyParts.Gates)) != VerifyParts.None);
    }

    private static VerifyParts Find(string word) => word switch
    {
        "signature" => VerifyParts.Signature,
        "digest" => VerifyParts.Digest,
        "edit" => VerifyParts.Edit,
        "gates" => VerifyParts.Gates,
        _ => VerifyParts.None,
    };
}
