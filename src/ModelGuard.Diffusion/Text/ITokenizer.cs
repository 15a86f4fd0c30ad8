using System.Collections.Immutable;

namespace ModelGuard.Diffusion.Text;

/// <summary>Text to the ids that a text tower takes.</summary>
public interface ITokenizer
{
    /// <summary>Number of positions after padding.</summary>
    int MaxLength { get; }

    /// <summary>Begin token, ids, end token; cut off and padded to <see cref="MaxLength"/>.</summary>
    ImmutableArray<long> Encode(string text);

    /// <summary>Ids of the text alone, neither cut nor padded.</summary>
    ImmutableArray<long> TokenizeToIds(string text);
}
