using System.Collections.Immutable;
using System.Text;

namespace ModelGuard.Fuzzing.Containers;

/// <summary>Some files in one input: a line <c>==> NAME</c>, then the file, as <c>head</c> prints several. The line break before the next mark belongs to neither.</summary>
internal sealed class FolderParts : IContainer
{
    private static readonly byte[] Mark = "==> "u8.ToArray();

    public ImmutableArray<byte[]> Split(byte[] input)
    {
        var parts = ImmutableArray.CreateBuilder<byte[]>();
        var rest = input.AsSpan();
        while (rest.Length > 0)
        {
            var next = rest[1..].IndexOf("\n==> "u8);
            var length = next < 0 ? rest.Length : next + 2;
            parts.Add(rest[..length].ToArray());
            rest = rest[length..];
        }

        return parts.Count > 0 ? parts.ToImmutable() : [input];
    }

    public byte[] Join(ImmutableArray<byte[]> parts) => [.. parts.SelectMany(p => p)];

    /// <summary>The files of an input. A name that is no plain one is passed over: files are written.</summary>
    public IEnumerable<(string Name, byte[] Content)> Files(byte[] input)
    {
        var parts = Split(input);
        foreach (var (index, part) in parts.Index().Where(p => p.Item.AsSpan().StartsWith(Mark)))
        {
            var end = Array.IndexOf(part, (byte)'\n');
            if (end < 0) continue;
            var name = Encoding.ASCII.GetString(part.AsSpan(Mark.Length..end));
            if (name.Length is > 0 and < 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/') && !name.Split('/').Any(n => n.Length == 0 || n[0] == '.')) yield return (name, index + 1 < parts.Length && part.Length > end + 1 ? part[(end + 1)..^1] : part[(end + 1)..]);
        }
    }
}
