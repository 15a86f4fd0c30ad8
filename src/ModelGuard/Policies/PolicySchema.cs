using System.Text;

namespace ModelGuard.Policies;

/// <summary>
/// The JSON Schema of policies, draft 2020-12 (<c>docs/schemas/policy-v1.schema.json</c>), for editors and other tools. It accepts what
/// <see cref="PolicyReader"/> accepts, except for rules between parts of a policy, which a schema cannot state.
/// </summary>
public static class PolicySchema
{
    /// <summary>What the file is called.</summary>
    public const string FileName = "policy-v1.schema.json";

    private static readonly Lazy<byte[]> Content = new(Load);

    /// <summary>The schema as UTF-8.</summary>
    public static ReadOnlyMemory<byte> Utf8 => Content.Value;

    /// <summary>The schema as a text.</summary>
    public static string Text => Encoding.UTF8.GetString(Content.Value);

    private static byte[] Load()
    {
        using var resource = typeof(PolicySchema).Assembly.GetManifestResourceStream(FileName)!;
        var bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return bytes;
    }
}
