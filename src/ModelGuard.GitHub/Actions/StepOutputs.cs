using System.Security.Cryptography;

namespace ModelGuard.GitHub.Actions;

/// <summary>Outputs of a step, in the form of the file <c>GITHUB_OUTPUT</c>.</summary>
public static class StepOutputs
{
    /// <summary>One output, between delimiters that no value can guess ("Workflow commands for GitHub Actions", multiline strings).</summary>
    public static string Of(string name, string value) => Of(name, value, $"modelguard-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))}");

    internal static string Of(string name, string value, string delimiter) => $"{name}<<{delimiter}\n{value}\n{delimiter}\n";
}
