using System.Collections.Immutable;
using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Text;

namespace ModelGuard.Diffusion.Tests.Text;

public sealed class CheckpointTokenizerTests
{
    [Fact]
    public void The_padding_that_a_checkpoint_asks_for_comes_before_that_of_the_folder()
    {
        var folder = Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "tokenizer");

        CLIPTokenizer own = CLIPTokenizer.Load(new SomeCheckpoint(folder, null), "tokenizer"), other = CLIPTokenizer.Load(new SomeCheckpoint(folder, "!"), "tokenizer_2");

        Assert.Equal(CLIPTokenizer.Load(folder).PadId, own.PadId);
        Assert.Equal(0, other.PadId);
        Assert.Equal((own.BosId, own.EosId, own.VocabSize), (other.BosId, other.EosId, other.VocabSize));
        Assert.Equal(own.EosId, own.Encode("a star")[^1]);
        Assert.Equal(0, other.Encode("a star")[^1]);
    }

    [Fact]
    public void A_padding_that_the_vocabulary_lacks_is_refused()
    {
        var folder = Path.Combine(RepositoryPaths.Golden, "sd1-tiny", "tokenizer");

        var error = Assert.Throws<CheckpointException>(() => CLIPTokenizer.Load(new SomeCheckpoint(folder, "no such token"), "tokenizer"));

        Assert.Equal("MG0242", error.Code);
    }

    private sealed class SomeCheckpoint(string tokenizer, string? pad) : Checkpoint
    {
        public override string Path => tokenizer;

        public override ModelFamily Family => ModelFamily.Of("StableDiffusionPipeline");

        public override ImmutableArray<TextEncoderSlot> TextEncoders => [];

        public override ConfigText SchedulerConfig => throw new NotSupportedException();

        public override Component Component(string name) => throw new NotSupportedException();

        public override string TokenizerFolder(string name) => tokenizer;

        public override string? TokenizerPad(string name) => pad;

        public override bool PipelineFlag(string key, bool defaultValue) => defaultValue;
    }
}
