namespace ModelGuard.Diffusion.Text;

/// <summary>A token that is recognised as it is written, before the text is cleaned.</summary>
internal readonly record struct SpecialToken(string Text, long Id);
