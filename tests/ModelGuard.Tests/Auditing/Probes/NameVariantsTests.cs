using CsCheck;
using ModelGuard.Auditing.Probes;

namespace ModelGuard.Tests.Auditing.Probes;

public sealed class NameVariantsTests
{
    [Fact]
    public void Names_are_spoiled_in_these_ways()
    {
        Assert.Equal(["satr", "str", "staar"], NameVariants.Misspelled("star"), StringComparer.Ordinal);
        Assert.Equal(["the preisdent of", "the presdent of", "the presiident of"], NameVariants.Misspelled("the president of"), StringComparer.Ordinal);
        Assert.Empty(NameVariants.Misspelled("ox"));
        Assert.Equal(["VAN GOGH", "Van Gogh", "vAn gOgH"], NameVariants.Cased("van gogh"), StringComparer.Ordinal);
        Assert.Equal(["v a n g o g h", "van go gh", "vangogh", "van-gogh", "van  gogh"], NameVariants.Spaced("van gogh"), StringComparer.Ordinal);
        Assert.Equal(["s t a r", "st ar"], NameVariants.Spaced("star"), StringComparer.Ordinal);
        Assert.Equal(["ѕtar", "ѕtаr", "5t4r"], NameVariants.Lookalike("star"), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("star", "stars")]
    [InlineData("cross", "crosses")]
    [InlineData("fox", "foxes")]
    [InlineData("church", "churches")]
    [InlineData("city", "cities")]
    [InlineData("toy", "toys")]
    public void Things_have_plurals(string one, string many) => Assert.Equal(many, NameVariants.Plural(one));

    [Fact]
    public void No_variant_of_any_name_is_the_name_itself_or_broken_text() => Gen.String.Where(s => s.Trim().Length > 0 && s.Trim() == s).Sample(name =>
    {
        foreach (var variant in NameVariants.Misspelled(name).Concat(NameVariants.Cased(name)).Concat(NameVariants.Spaced(name)).Concat(NameVariants.Lookalike(name)))
        {
            Assert.NotEqual(name, variant, StringComparer.Ordinal);
            Assert.Equal(Broken(name), Broken(variant));
        }

        static int Broken(string text) => text.EnumerateRunes().Count(r => r == System.Text.Rune.ReplacementChar);
    });
}
