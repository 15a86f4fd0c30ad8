using System.Globalization;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Fuzzing.Targets;

namespace ModelGuard.Fuzzing.Tests;

public sealed class CorpusTests
{
    private const long LargestCorpus = 1_000_000;

    // Readers need no LibTorch, and this program has none.
    static CorpusTests() => AppContext.SetSwitch(NativeBackend.LoadOnDemandSwitch, isEnabled: true);

    public static TheoryData<string> Targets => [.. AllTargets.ByName.Keys];

    [Theory]
    [MemberData(nameof(Targets))]
    public void No_input_of_the_corpus_is_a_defect(string name)
    {
        using var scratch = new TemporaryFolder();
        var target = AllTargets.ByName[name];
        var inputs = Corpus.Of(name);
        Assert.NotEmpty(inputs);
        Assert.All(inputs, input => Assert.Null(Execution.Run(target, input.Content, scratch.Path).Defect));
    }

    [Theory]
    [MemberData(nameof(Targets))]
    public void A_target_reads_its_sound_inputs_and_refuses_others(string name)
    {
        using var scratch = new TemporaryFolder();
        var target = AllTargets.ByName[name];
        var signatures = Corpus.Of(name).ToDictionary(i => i.Name, i => Execution.Run(target, i.Content, scratch.Path).Signature, StringComparer.Ordinal);
        Assert.Contains(signatures, s => s.Key.StartsWith("sound", StringComparison.Ordinal));
        Assert.True(signatures.Values.Distinct(StringComparer.Ordinal).Skip(1).Any(), $"All inputs of '{name}' end alike; the target is not reached.");
        Assert.All(signatures.Where(s => s.Key.StartsWith("sound", StringComparison.Ordinal)), s => Assert.True(!s.Value.Contains("MG", StringComparison.Ordinal) || s.Value.Contains("read", StringComparison.Ordinal) || s.Value.Contains("trusted", StringComparison.Ordinal), $"'{s.Key}' ends with '{s.Value}'."));
    }

    [Fact]
    public void The_corpus_stays_small()
    {
        var size = Directory.EnumerateFiles(Corpus.Root, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);
        Assert.True(size <= LargestCorpus, string.Create(CultureInfo.InvariantCulture, $"The corpus has {size} bytes; remove inputs that say no more than others."));
        Assert.Empty(Directory.EnumerateDirectories(Corpus.Root).Select(Path.GetFileName).Except(AllTargets.ByName.Keys, StringComparer.Ordinal));
    }
}
