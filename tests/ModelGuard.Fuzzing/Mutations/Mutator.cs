
namespace ModelGuard.Fuzzing.Mutations;

/// <summary>Makes new inputs of old ones: one to four changes, each in one part.</summary>
internal sealed class Mutator(FuzzTarget target, SeededNumbers random)
{
    private readonly IReadOnlyList<string> words = target.Words.Count > 0 ? target.Words : Texts.Marks;

    /// <summary>A new input.</summary>
    /// <param name="input">What it is made of.</param>
    /// <param name="other">What may be spliced into it.</param>
    /// <param name="longest">The most bytes.</param>
    public byte[] Change(byte[] input, byte[] other, int longest)
    {
        var result = input;
        for (var left = 1 << random.Below(3); left > 0; left--)
        {
            var next = ChangeOnce(result, other);
            if (next.Length <= longest) result = next;
        }

        return result;
    }

    private byte[] ChangeOnce(byte[] input, byte[] other)
    {
        // Now and then the container itself: its lengths and marks.
        if (random.OneIn(8)) return ByteMutations.Change(input, other, words, random);
        var parts = target.Container.Split(input);
        var chosen = random.Below(parts.Length);
        var others = target.Container.Split(other);
        var donor = others.Length == parts.Length ? others[chosen] : random.Of(others);
        var part = random.Below(3) == 0 ? ByteMutations.Change(parts[chosen], donor, words, random) : TokenMutations.Change(parts[chosen], donor, words, random);
        return target.Container.Join(parts.SetItem(chosen, part));
    }
}
