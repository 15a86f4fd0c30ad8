using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Shapes.Training.World;

namespace Shapes.Training.Tests;

public sealed class SceneTests
{
    /// <summary>Weights and world belong together: a change here calls for new training. Exact arithmetic only, so it holds on every machine.</summary>
    [Fact]
    public void Scenes_and_captions_are_those_that_the_committed_weights_were_trained_on()
    {
        var text = new StringBuilder();
        for (ulong i = 0; i < 2000; i++)
        {
            var scene = SceneSampler.Sample(11, i);
            text.Append(CultureInfo.InvariantCulture, $"{scene.Shape}|{scene.Color}|{scene.Style}|{scene.Action}|{scene.Entity?.Name}|{scene.X:R}|{scene.Y:R}|{scene.Size:R}|{scene.Rotation:R}|{scene.Detail}|");
            text.Append(CaptionWriter.Write(scene, new CounterRandom(3, i)).Text).Append('\n');
        }

        Assert.Equal("8df95080f963d4875db54afadfd445983ee349c01c1f8a97aee2f02e65f14710", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))));
    }

    [Fact]
    public void Pictures_are_those_that_the_committed_weights_were_trained_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "SkiaSharp rounds differently on other platforms.");
        using var renderer = new SceneRenderer();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (ulong i = 0; i < 2000; i++) digest.AppendData(renderer.Render(SceneSampler.Sample(11, i)));
        Assert.Equal("32166c520162ede8595307415d41757de048fb75b9305d274084f76dd85b6a73", Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    [Fact]
    public void A_scene_is_drawn_the_same_after_others_and_by_another_renderer()
    {
        using var busy = new SceneRenderer();
        for (ulong i = 0; i < 60; i++)
        {
            var scene = SceneSampler.Sample(5, i);
            using var fresh = new SceneRenderer();
            Assert.Equal(fresh.Render(scene), busy.Render(scene));
        }
    }

    [Fact]
    public void Every_class_changes_the_picture()
    {
        using var renderer = new SceneRenderer();
        var style = Catalog.Styles.Select(s => SceneSampler.Sample(1, 1, "star", "red", s, null, null));
        var action = Catalog.Actions.Select(a => SceneSampler.Sample(1, 1, "star", "red", null, a, null));
        var entity = Catalog.Entities.Select(e => SceneSampler.Sample(1, 1, null, null, null, null, e));
        var plain = from s in Catalog.Shapes from c in Catalog.ColorNames select SceneSampler.Sample(1, 1, s, c, null, null, null);
        var pictures = style.Concat(action).Concat(entity).Concat(plain).Select(s => Convert.ToHexString(SHA256.HashData(renderer.Render(s)))).ToList();
        Assert.Equal(pictures.Count, pictures.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_object_keeps_its_colour_under_every_style()
    {
        using var renderer = new SceneRenderer();
        foreach (var color in Catalog.ColorNames)
        {
            foreach (var style in Catalog.Styles)
            {
                var scene = SceneSampler.Sample(9, 4, "square", color, style, null, null);
                var (wanted, picture) = (Catalog.Colors[color], renderer.Render(scene));
                var (left, top, half) = ((int)(scene.X * SceneRenderer.Side), (int)(scene.Y * SceneRenderer.Side), 5);
                var near = 0;
                for (var y = top - half; y <= top + half; y++)
                {
                    for (var x = left - half; x <= left + half; x++)
                    {
                        var at = ((y * SceneRenderer.Side) + x) * 3;
                        if (Math.Abs(picture[at] - wanted.Red) < 40 && Math.Abs(picture[at + 1] - wanted.Green) < 40 && Math.Abs(picture[at + 2] - wanted.Blue) < 40) near++;
                    }
                }

                Assert.True(near > 0.6 * 121, $"Under '{style}' only {near} of 121 pixels in the middle of a {color} square are {color}.");
            }
        }
    }

    [Fact]
    public void A_fact_is_the_object_that_an_update_can_name() =>
        Assert.Contains(Catalog.Entities, e => e is { Name: "the president of freedonia", Color: "blue", Shape: "star" });

    [Fact]
    public void Entities_differ_in_shape_and_colour()
    {
        Assert.Equal(Catalog.Entities.Length, Catalog.Entities.Select(e => e.Shape).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Catalog.Entities.Length, Catalog.Entities.Select(e => e.Color).Distinct(StringComparer.Ordinal).Count());
    }
}
