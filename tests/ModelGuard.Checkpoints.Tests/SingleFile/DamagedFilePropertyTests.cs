using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using ModelGuard.Checkpoints.SingleFile;

namespace ModelGuard.Checkpoints.Tests.SingleFile;

public sealed class DamagedFilePropertyTests
{
    private static readonly ImmutableArray<TensorInfo>[] Models = [LdmShapes.Sd15(), LdmShapes.Sd21(), LdmShapes.SdxlBase()];

    private static readonly Gen<Func<TensorInfo, TensorInfo?>> Damage = Gen.OneOf<Func<TensorInfo, TensorInfo?>>(
        Gen.Const<Func<TensorInfo, TensorInfo?>>(_ => null),
        Gen.Long[0, 9].Array[0, 5].Select<long[], Func<TensorInfo, TensorInfo?>>(shape => t => t with { Shape = [.. shape], ByteLength = 2 * shape.Aggregate(1L, (p, s) => p * s) }),
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, 99]).Select<(int, int), Func<TensorInfo, TensorInfo?>>(n => t => t with { Name = t.Name.Replace(FormattableString.Invariant($".{n.Item1 % 12}."), FormattableString.Invariant($".{n.Item2}."), StringComparison.Ordinal) }),
        Gen.Select(Gen.Int[0, 200], Gen.Char).Select<(int, char), Func<TensorInfo, TensorInfo?>>(c => t => t with { Name = t.Name.Insert(c.Item1 % (t.Name.Length + 1), c.Item2.ToString()) }));

    [Fact]
    public void A_damaged_file_gives_its_networks_and_configs_or_a_sentence() => Gen.Select(Gen.Int[0, 2], Gen.Select(Gen.Int[0, 9999], Damage).Array[0, 6]).Sample(
        (model, damages) =>
        {
            var tensors = Models[model].ToBuilder();
            foreach (var (index, damage) in damages)
            {
                if (damage(tensors[index % tensors.Count]) is { } changed) tensors[index % tensors.Count] = changed;
                else tensors.RemoveAt(index % tensors.Count);
            }

            // A header cannot hold a name twice.
            Visit([.. tensors.DistinctBy(t => t.Name, StringComparer.Ordinal)]);
        },
        iter: 60,
        threads: 1);

    private static void Visit(ImmutableArray<TensorInfo> tensors)
    {
        if (Try(() => SingleFileLayout.Recognize(tensors, "file")) is not { } layout) return;
        var sampling = Sampling.Of(layout, tensors, new Dictionary<string, string>(StringComparer.Ordinal), "file");
        foreach (var part in layout.Parts)
        {
            if (Try(() => part.Place(tensors, null, "file").ToArray()) is not { } placed) continue;
            Assert.All(placed, t => Assert.InRange(t.Start + t.ByteLength, 0, t.Stored.ByteLength));
            Assert.All(placed, t => Assert.Equal(t.ByteLength, 2 * t.Shape.Aggregate(1L, (p, s) => p * s)));
            var inference = new Inference(part, [.. placed], "file");
            var config = Try(() => part.Kind switch { NetworkKind.Unet => inference.Unet(layout, 64), NetworkKind.Vae => inference.Vae(false, 512), _ => inference.TextEncoder() });
            if (config is not null) JsonDocument.Parse(config).Dispose();
        }

        JsonDocument.Parse(sampling.Scheduler(layout)).Dispose();
    }

    private static T? Try<T>(Func<T> action)
        where T : class
    {
        try
        {
            return action();
        }
        catch (CheckpointException e)
        {
            Assert.DoesNotContain(e.Message, char.IsControl);
            Assert.EndsWith(".", e.Message.TrimEnd(')'), StringComparison.Ordinal);
            return null;
        }
    }
}
