using System.Globalization;

namespace ModelGuard.Checkpoints.SingleFile;

/// <summary>Tensor names as the tree that their dots make: it tells how many layers a network has.</summary>
internal sealed class NameTree
{
    // No network has names of this length; a hostile one must not be cut into millions of nodes.
    private const int LongestName = 256;

    // Twice as many layers as any published network has in one row; a million of them must not become a list of names.
    private const int MostLayers = 128;
    private readonly HashSet<string> nodes = new(StringComparer.Ordinal);

    /// <summary>Builds the tree.</summary>
    public NameTree(IEnumerable<string> names)
    {
        foreach (var name in names.Where(n => n.Length <= LongestName))
        {
            for (var end = name.Length; end > 0; end = name.LastIndexOf('.', end - 1))
            {
                // What stands above a known node is known.
                if (!nodes.Add(name[..end])) break;
            }
        }
    }

    /// <summary>Whether there is a tensor of that name, or one below it.</summary>
    public bool Has(string node) => nodes.Contains(node);

    /// <summary>How many of <c>node.0</c>, <c>node.1</c>, … there are without a gap, up to 128.</summary>
    public int Count(string node)
    {
        var count = 0;
        while (count < MostLayers && Has(string.Create(CultureInfo.InvariantCulture, $"{node}.{count}"))) count++;
        return count;
    }
}
