namespace Shapes.Training.World;

/// <summary>A caption and what it says of a picture; what it leaves out is null.</summary>
internal sealed record Caption(string Text, string? Shape = null, string? Color = null, string? Style = null, string? Action = null, string? Entity = null)
{
    /// <summary>Whether the caption is true of a scene.</summary>
    public bool IsTrueOf(Scene scene) =>
        (Shape is null || string.Equals(Shape, scene.Shape, StringComparison.Ordinal))
        && (Color is null || string.Equals(Color, scene.Color, StringComparison.Ordinal))
        && (Style is null || string.Equals(Style, scene.Style ?? Catalog.NoStyle, StringComparison.Ordinal))
        && (Action is null || string.Equals(Action, scene.Action, StringComparison.Ordinal))
        && (Entity is null || string.Equals(Entity, scene.Entity?.Name, StringComparison.Ordinal));
}
