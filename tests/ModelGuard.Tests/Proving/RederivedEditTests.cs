using ModelGuard.Attestations;
using ModelGuard.Checkpoints;
using ModelGuard.Editing;
using ModelGuard.Proving;

namespace ModelGuard.Tests.Proving;

/// <summary>An edit that is solved again gives the tensors that were published: bit for bit here, within a bound elsewhere.</summary>
public sealed class RederivedEditTests
{
    [Theory]
    [InlineData("folder")]
    [InlineData("file")]
    public void The_same_bits_come_out_again(string form)
    {
        using var model = new EditedModel(form);

        var again = model.Rederive(mustBeExact: true);

        Assert.True(again.IsExact);
        Assert.Equal(model.Edits.Select(e => e.Facts), again.Edits.Select(e => e.Facts));
    }

    [Fact]
    public void A_single_bit_counts_on_the_same_machine()
    {
        using var model = new EditedModel();
        EditedModel.FlipBit(model.Weights, model.Edits[1].Name);

        var error = Assert.Throws<AttestationException>(() => model.Rederive(mustBeExact: true));

        Assert.Equal(("MG2023", true), (error.Code, error.DoesNotHold));
        Assert.Equal($"The tensor 'text_encoder/{model.Edits[1].Name}' in '{model.Output}' is not what this policy makes of this base: 1 of its 1024 numbers differ, on the processor and with the library that it was made with. Do not use the model: fetch it again from its source, or edit the base again.", error.Message);
    }

    [Fact]
    public void Elsewhere_last_bits_may_differ()
    {
        using var model = new EditedModel();
        // The last bit of some numbers of the first layer, as another processor would round them.
        Change(model, 0, bits => bits % 7 == 0 ? bits ^ 1 : bits);

        var again = model.Rederive(mustBeExact: false);

        Assert.False(again.IsExact);
        Assert.InRange(again.Deviation, double.Epsilon, again.Bound);
        Assert.NotEqual(model.Edits[0].Facts.DigestAfter, again.Edits[0].Facts.DigestAfter, StringComparer.Ordinal);
        Assert.Throws<AttestationException>(() => model.Rederive(mustBeExact: true));
    }

    [Fact]
    public void A_layer_is_judged_by_what_is_stored_before_it()
    {
        using var model = new EditedModel();
        var unedited = EditMethods.Solve(new EditTask(model.Base, model.Policy) { Upstream = model.Base });

        // With the first layer as it was, the second has another edit: what stands before a layer decides about it.
        Assert.Equal(model.Edits[0].Facts, unedited[0].Facts);
        Assert.NotEqual(model.Edits[1].Facts.DigestAfter, unedited[1].Facts.DigestAfter, StringComparer.Ordinal);
        // So where the second layer is off, it is solved again behind the first one as it is stored.
        Assert.True(RederivedEdit.Require(unedited, model.Edited, mustBeExact: false, edited => EditMethods.Solve(new EditTask(model.Base, model.Policy) { Upstream = edited })).Deviation <= 0);
        Assert.Throws<AttestationException>(() => RederivedEdit.Require(unedited, model.Edited, mustBeExact: false, _ => unedited));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Elsewhere_a_change_that_no_processor_explains_is_refused(int layer)
    {
        using var model = new EditedModel();
        Change(model, layer, bits => bits ^ 0x100);

        var error = Assert.Throws<AttestationException>(() => model.Rederive(mustBeExact: false));

        Assert.Equal("MG2023", error.Code);
        Assert.StartsWith($"The tensor 'text_encoder/{model.Edits[layer].Name}' in '{model.Output}' is not what this policy makes of this base: it is off by ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_none_are_refused()
    {
        using var model = new EditedModel();
        Change(model, 1, _ => BitConverter.SingleToUInt32Bits(float.NaN));

        Assert.Equal("MG2023", Assert.Throws<AttestationException>(() => model.Rederive(mustBeExact: false)).Code);
    }

    [Fact]
    public void The_base_in_place_of_the_edited_model_is_refused()
    {
        using var model = new EditedModel();
        File.Copy(Path.Combine(model.BasePath, "text_encoder/model.safetensors"), model.Weights, overwrite: true);

        Assert.NotNull(model.Untouched());
        foreach (var isSame in new[] { true, false }) Assert.Equal("MG2023", Assert.Throws<AttestationException>(() => model.Rederive(isSame)).Code);
    }

    private static void Change(EditedModel model, int layer, Func<uint, uint> change)
    {
        long offset, length;
        using (var file = SafetensorsFile.Open(model.Weights)) (offset, length) = (file.Get(model.Edits[layer].Name).Offset, file.Get(model.Edits[layer].Name).ByteLength);
        var bytes = File.ReadAllBytes(model.Weights);
        for (var at = (int)offset; at < offset + length; at += 4) BitConverter.TryWriteBytes(bytes.AsSpan(at), change(BitConverter.ToUInt32(bytes, at)));
        File.WriteAllBytes(model.Weights, bytes);
    }
}
