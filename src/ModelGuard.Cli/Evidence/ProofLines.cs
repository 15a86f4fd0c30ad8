using System.Globalization;

namespace ModelGuard.Cli.Evidence;

/// <summary>What was proved, a line for each part, for people.</summary>
internal static class ProofLines
{
    /// <summary>The signature's line.</summary>
    public static string Of(SignatureProof proof) => string.Create(CultureInfo.InvariantCulture, $"Signature: holds. Signed with {proof.Signer}; {proof.Files} file(s){(proof.ShardSize is { } size ? string.Create(CultureInfo.InvariantCulture, $" in shards of {size} bytes") : "")}, root digest sha256:{proof.Root}.");

    /// <summary>The digests' line.</summary>
    public static string Of(DigestProof proof)
    {
        var against = (proof.Policy is { } policy ? $" made under '{policy}'" : "") + (proof.Base is { } original ? $" from '{original}'" : "");
        return $"Digest: holds. {string.Join(" and ", proof.Reports.Select(r => $"'{r}'"))} speak(s) about this model{(against.Length > 0 ? $", as{against}" : "")}{(proof.IsSigned ? ", and what is said was signed by whom you trust" : "; whose word that is was not verified, as no key was named")}.";
    }

    /// <summary>The edit's line.</summary>
    public static string Of(EditProof proof)
    {
        var how = proof.IsExact ? "bit for bit" : string.Create(CultureInfo.InvariantCulture, $"to {proof.Deviation:0.0e+0} of the change (another processor or library explains {proof.Bound:0.0e+0})");
        var where = proof.Untouched is null ? "as the report's root digest says" : "as in the model";
        return string.Create(CultureInfo.InvariantCulture, $"Edit: holds. Solved again from base and policy, {proof.Tensors} tensor(s) with {proof.Numbers} numbers come out {where}, {how}{(proof.Report is { } report ? $", and '{report}' says the same of them" : "")}.");
    }

    /// <summary>The line for what was not edited.</summary>
    public static string Of(Proving.UntouchedProof proof)
    {
        var leftOut = proof.LeftOut.IsEmpty ? "nothing is missing" : $"only other forms of the weights are left out ({string.Join(", ", proof.LeftOut)})";
        return string.Create(CultureInfo.InvariantCulture, $"Rest: holds. {proof.Files} file(s) and the {proof.Tensors} other tensor(s) of the edited files are the base's, byte for byte; nothing was added and {leftOut}{(proof.Restated.IsEmpty ? "" : $", and {string.Join(", ", proof.Restated)} is what 'card' makes")}.");
    }

    /// <summary>The fingerprint's line.</summary>
    public static string Of(FingerprintProof proof) => string.Create(CultureInfo.InvariantCulture, $"Fingerprint: holds. {string.Join(" and ", proof.Encoders.Select(e => $"'{e.Component}'"))} answer(s) {proof.Prompts} canary prompts as the edited encoder does, and not as the base's ({string.Join(", ", proof.Encoders.Select(e => e.Telling.ToString(CultureInfo.InvariantCulture)))} tell them apart).");

    /// <summary>The gates' line.</summary>
    public static string Of(GatesProof proof) => $"Gates: ran again. {proof.Summary}";
}
