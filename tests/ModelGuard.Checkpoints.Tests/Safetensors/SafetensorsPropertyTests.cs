using System.Text;
using CsCheck;

namespace ModelGuard.Checkpoints.Tests.Safetensors;

public sealed class SafetensorsPropertyTests : IDisposable
{
    private static readonly Gen<TensorDataType> Types = Gen.OneOfConst(Enum.GetValues<TensorDataType>());

    // Everything a JSON text can hold: escapes, controls, what lies above U+FFFF.
    private static readonly Gen<string> Texts = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 0, 12],
        Gen.Int[0, 0x10FFFF].Where(c => c is < 0xD800 or > 0xDFFF).Array[0, 6].Select(codes => string.Concat(codes.Select(char.ConvertFromUtf32))),
        Gen.OneOfConst("", "\"", "\\", "\0", "\n", "a/b.c", "\U0001F600", "\uFFFF", "dtype", "{}"));

    private static readonly Gen<TensorSource> Tensors =
        from name in Texts
        from type in Types
        from shape in Gen.Long[0, 4].Array[0, 4]
        from bytes in Gen.Byte.Array[(int)shape.Aggregate(1L, (a, b) => a * b) * type.SizeInBytes()]
        select new TensorSource(name, type, [.. shape], bytes);

    private static readonly Gen<(TensorSource[] Tensors, Dictionary<string, string> Metadata)> Contents =
        from tensors in Tensors.Array[0, 6]
        from metadata in Gen.Select(Texts, Texts).Array[0, 4]
        select (tensors.DistinctBy(t => t.Name, StringComparer.Ordinal).ToArray(), metadata.DistinctBy(p => p.Item1, StringComparer.Ordinal).ToDictionary(p => p.Item1, p => p.Item2, StringComparer.Ordinal));

    private readonly TemporaryFolder folder = new();
    private readonly string path;

    public SafetensorsPropertyTests() => path = folder["a.safetensors"];

    [Fact]
    public void What_is_written_is_read_back() => Contents.Sample(
        content =>
        {
            SafetensorsWriter.Write(path, content.Tensors, content.Metadata);

            using var file = SafetensorsFile.Open(path);

            Assert.Equal(content.Metadata.OrderBy(p => p.Key, StringComparer.Ordinal), file.Metadata.OrderBy(p => p.Key, StringComparer.Ordinal));
            Assert.Equal(content.Tensors.Length, file.Tensors.Length);
            foreach (var written in content.Tensors)
            {
                var read = file.Get(written.Name);
                Assert.Equal(written.DataType, read.DataType);
                Assert.Equal(written.Shape, read.Shape);
                Assert.Equal(written.Bytes.ToArray(), file.GetBytes(read).ToArray());
            }
        },
        iter: 100,
        threads: 1);

    // Each file is damaged many times: writing one waits for the disk.
    [Fact]
    public void A_damaged_file_opens_with_its_tensors_inside_or_is_refused() =>
        Gen.Select(Contents, Gen.Select(Gen.Int[0, 4], Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 4].Array[30]).Sample(
            (content, all) =>
            {
                SafetensorsWriter.Write(path, content.Tensors, content.Metadata);
                var whole = File.ReadAllBytes(path);
                foreach (var damages in all) OpenOrRefuse(damages.Aggregate(whole, (bytes, d) => Damage(bytes, d.Item1, d.Item2, d.Item3)));
            },
            iter: 100,
            threads: 1);

    [Fact]
    public void Random_bytes_are_refused_and_nothing_else() =>
        Gen.Byte.Array[0, 64].Sample(OpenOrRefuse, iter: 500, threads: 1);

    [Fact]
    public void A_random_header_of_a_fitting_length_is_refused_and_nothing_else() =>
        Gen.OneOf(
            Gen.Byte.Array[0, 64].Select(b => (byte[])[(byte)'{', .. b]),
            Gen.OneOfConst("{", "}", "[", "]", ":", ",", "\"", "a", "0", "-1", "1e999", "null", "\"a\":", "\"dtype\":\"U8\"", "\"shape\":[1]", "\"data_offsets\":[0,1]", "{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}", "\"\\ud800\"", "\"__metadata__\":")
                .Array[0, 12].Select(parts => Encoding.UTF8.GetBytes("{" + string.Concat(parts) + "}")))
            .Sample(header => OpenOrRefuse(RawFile.Bytes(header, 1)), iter: 2000, threads: 1);

    public void Dispose() => folder.Dispose();

    private void OpenOrRefuse(byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        SafetensorsFile file;
        try
        {
            file = SafetensorsFile.Open(path);
        }
        catch (CheckpointException e)
        {
            Assert.StartsWith("MG02", e.Code, StringComparison.Ordinal);
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
            return;
        }

        using (file)
        {
            var covered = 0L;
            foreach (var tensor in file.Tensors)
            {
                Assert.True(tensor.Offset >= 8 && tensor.Offset + tensor.ByteLength <= bytes.Length, $"{tensor}");
                Assert.Equal(bytes.AsSpan((int)tensor.Offset, (int)tensor.ByteLength), file.GetBytes(tensor));
                covered += tensor.ByteLength;
            }

            Assert.Equal(bytes.Length - 8 - BitConverter.ToInt64(bytes), covered);
        }
    }

    private static byte[] Damage(byte[] bytes, int kind, int place, byte value)
    {
        var at = place % (bytes.Length + 1);
        return kind switch
        {
            _ when bytes.Length == 0 => [value],
            0 => [.. bytes[..(at % bytes.Length)], value, .. bytes[((at % bytes.Length) + 1)..]],
            1 => bytes[..at],
            2 => [.. bytes[..at], value, .. bytes[at..]],
            // A byte more in the header, with the length that says so: these get past the first checks.
            3 when bytes.Length > 8 && BitConverter.ToInt64(bytes) is > 0 and < int.MaxValue and var header && 8 + header <= bytes.Length => Insert(bytes, 8 + (place % (int)header), "0123456789-,:[]{}\"\\ \n"[value % 21]),
            _ => [.. bytes, value],
        };
    }

    private static byte[] Insert(byte[] bytes, int at, char value) =>
        [.. RawFile.Prefix((ulong)BitConverter.ToInt64(bytes) + 1), .. bytes[8..at], (byte)value, .. bytes[at..]];
}
