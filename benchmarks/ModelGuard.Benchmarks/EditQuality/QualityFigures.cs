using ModelGuard.Policies;

namespace ModelGuard.Benchmarks.EditQuality;

/// <summary>A share.</summary>
internal sealed class Share
{
    public int Hits { get; private set; }

    public int Count { get; private set; }

    public double Value => Count == 0 ? double.NaN : (double)Hits / Count;

    public void Add(bool hit)
    {
        Count++;
        if (hit) Hits++;
    }
}

/// <summary>What was counted for one method.</summary>
internal sealed class QualityFigures
{
    /// <summary>Of pictures asked for with a removed class: recognised as it. Of facts: the old look preferred.</summary>
    public Dictionary<ShapeClass, Share> Recognised { get; } = [];

    /// <summary>Of pictures asked for with a preserved class: recognised as it after the edit, and before.</summary>
    public Dictionary<ShapeClass, (Share After, Share Before)> Kept { get; } = [];

    /// <summary>Of what else the prompts of a removed class name: recognised after the edit, and before.</summary>
    public Dictionary<AttributeKind, (Share After, Share Before)> Fidelity { get; } = [];

    /// <summary>Seconds of each edit.</summary>
    public List<double> Seconds { get; } = [];

    /// <summary>Whether the scorer takes a picture for a class, among all of its kind.</summary>
    public static bool IsTakenFor(ShapeClass of, double[] cosines)
    {
        var best = Enumerable.Range(0, ShapeWorld.Classes.Length).Where(i => ShapeWorld.Classes[i].Kind == of.Kind).MaxBy(i => cosines[i]);
        // A picture without any style is none of them.
        if (of.Kind == AttributeKind.Style && cosines[ShapeWorld.Classes.Length] > cosines[best]) return false;
        return ShapeWorld.Classes[best] == of;
    }

    /// <summary>Whether the scorer prefers the old look of a fact to the new one.</summary>
    public static bool PrefersOldLook(ShapeClass fact, double[] cosines) => Cosine(ShapeWorld.Look(fact), cosines) >= Cosine(ShapeWorld.Target(fact), cosines);

    private static double Cosine(string text, double[] cosines) => cosines[ShapeWorld.Texts.LastIndexOf(text)];
}
