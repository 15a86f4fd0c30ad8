using System.Buffers.Binary;
using System.Text;
using CsCheck;
using ModelGuard.Diffusion.Backend;

namespace ModelGuard.Diffusion.Tests.Backend;

/// <summary>On the library itself, as it is installed beside the tests.</summary>
public sealed class WeakSymbolVersionTests
{
    private const string Version = "GLIBCXX_3.4.32";
    private static readonly byte[] Installed = OperatingSystem.IsLinux() ? File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so")) : [];

    public WeakSymbolVersionTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "The library is an ELF file on Linux only.");

    [Fact]
    public void Exactly_the_flags_of_that_one_version_change()
    {
        var copy = Installed.ToArray();

        Assert.Equal(1, WeakSymbolVersion.Mark(copy, Version, "a copy"));

        var changed = Assert.Single(Enumerable.Range(0, copy.Length), i => copy[i] != Installed[i]);
        Assert.Equal(0, Installed[changed]);
        Assert.Equal(2, copy[changed]);

        // Elf64_Vernaux: the hash of the version's name (System V gABI) comes first, the flags four bytes later.
        Assert.Equal(Hash(Version), BinaryPrimitives.ReadUInt32LittleEndian(copy.AsSpan(changed - 4)));
    }

    [Fact]
    public void A_second_time_there_is_nothing_left_to_change()
    {
        var copy = Installed.ToArray();
        WeakSymbolVersion.Mark(copy, Version, "a copy");
        var once = copy.ToArray();

        Assert.Equal(0, WeakSymbolVersion.Mark(copy, Version, "a copy"));
        Assert.Equal(once, copy);
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.3")]
    [InlineData("GLIBCXX_3.4.322")]
    [InlineData("")]
    public void A_version_that_is_not_required_changes_nothing(string version)
    {
        var copy = Installed.ToArray();

        Assert.Equal(0, WeakSymbolVersion.Mark(copy, version, "a copy"));
        Assert.Equal(Installed, copy);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MZ")]
    [InlineData("version https://git-lfs.github.com/spec/v1 and enough text to be as long as a header is")]
    public void A_file_that_is_no_ELF_library_is_refused(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);

        var error = Assert.Throws<BackendException>(() => WeakSymbolVersion.Mark(bytes, Version, "lib.so"));

        Assert.Equal("MG0002", error.Code);
        Assert.Equal(FormattableString.Invariant($"'lib.so' ({bytes.Length} bytes) is no 64-bit ELF library. Reinstall the tool."), error.Message);
    }

    [Theory]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    public void Another_word_size_or_byte_order_is_refused(int index, byte value)
    {
        var copy = Installed.ToArray();
        copy[index] = value;

        Assert.Equal("MG0002", Assert.Throws<BackendException>(() => WeakSymbolVersion.Mark(copy, Version, "lib.so")).Code);
    }

    [Fact]
    public void A_library_that_is_cut_off_anywhere_is_refused() => Gen.Int[0, Installed.Length - 1].Sample(
        length =>
        {
            var error = Assert.Throws<BackendException>(() => WeakSymbolVersion.Mark(Installed.AsSpan(0, length).ToArray(), Version, "lib.so"));
            return error.Code == "MG0002" && error.Message.StartsWith("'lib.so' ", StringComparison.Ordinal);
        },
        iter: 200);

    [Fact]
    public void Damaged_tables_are_refused_or_change_nothing_else_than_a_flag()
    {
        var sections = (int)BinaryPrimitives.ReadInt64LittleEndian(Installed.AsSpan(40));
        Gen.Select(Gen.Bool, Gen.Int[0, 63], Gen.Int[0, Installed.Length - sections - 1], Gen.Byte.Array[1, 8]).Sample(
            (inHeader, header, table, noise) =>
            {
                var copy = Installed.ToArray();
                var at = inHeader ? header : sections + table;
                noise.AsSpan(0, Math.Min(noise.Length, copy.Length - at)).CopyTo(copy.AsSpan(at));
                var before = copy.ToArray();
                try
                {
                    return WeakSymbolVersion.Mark(copy, Version, "lib.so") == before.Where((b, i) => copy[i] != b).Count();
                }
                catch (BackendException e)
                {
                    return e.Code == "MG0002";
                }
            },
            iter: 100);
    }

    private static uint Hash(string name)
    {
        uint hash = 0;
        foreach (var c in name)
        {
            hash = (hash << 4) + c;
            var high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }
}
