using ModelGuard.Attestations;

namespace ModelGuard.Cli.Evidence;

/// <summary>Keys and certificates as the command line names them: a path, or an environment variable. Never the text itself, which a shell would keep.</summary>
internal static class KeyText
{
    private const int LargestFile = 1 << 20;

    // The base64 of the shortest private key there is here, P-256 as SEC1 without its public half, has 68 characters.
    private const int ShortestKey = 64;

    /// <summary>The PEM text.</summary>
    /// <param name="name">A name in capitals, digits and underscores is a variable, even where a file of that name lies about: a checkout from outside must not choose a key. Anything else is a path.</param>
    /// <exception cref="AttestationException">MG2013: no such variable or file, or too large for a key.</exception>
    public static string Read(string name)
    {
        if (IsVariable(name))
        {
            return Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : throw new AttestationException("MG2013", $"The environment variable '{name}' is not set or empty. Put the key into it in PEM form; a file of that name is './{name}'.");
        }

        if (LooksLikeAKey(name)) throw new AttestationException("MG2013", "What is named as a key or certificate looks like the key itself, and is not repeated here. A shell keeps what stands on a command line: name a file in PEM form, or an environment variable in capitals, and make a new key.");
        try
        {
            if (new FileInfo(name) is { Exists: true, Length: > LargestFile }) throw new AttestationException("MG2013", $"'{name}' is too large for a key. Name a file in PEM form.");
            return File.ReadAllText(name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AttestationException("MG2013", $"'{name}' cannot be read: {e.Message} Name a file in PEM form, or an environment variable in capitals.", e);
        }
    }

    /// <summary>A password from an environment variable.</summary>
    /// <param name="variable">The variable that was named; null for <see cref="EvidenceOptions.DefaultPasswordVariable"/>, which need not be set.</param>
    /// <returns>The password, or null for none.</returns>
    /// <exception cref="AttestationException">MG2014: the variable that was named is not set.</exception>
    public static string? Password(string? variable)
    {
        var password = Environment.GetEnvironmentVariable(variable ?? EvidenceOptions.DefaultPasswordVariable);
        if (!string.IsNullOrEmpty(password)) return password;
        return variable is null ? null : throw new AttestationException("MG2014", "The environment variable that --password-variable names is not set or empty. Put the password into a variable and give its name, not the password itself.");
    }

    // PEM text, or the base64 of one: no path has so many such characters and no dot.
    private static bool LooksLikeAKey(string name) => name.Contains("-----BEGIN", StringComparison.Ordinal) || name.Contains('\n', StringComparison.Ordinal) || (name.Length >= ShortestKey && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=') && !File.Exists(name));

    private static bool IsVariable(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c) || c == '_');
}
