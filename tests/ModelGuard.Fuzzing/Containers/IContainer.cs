using System.Collections.Immutable;

namespace ModelGuard.Fuzzing.Containers;

/// <summary>A form that holds parts.</summary>
internal interface IContainer
{
    /// <summary>The parts of an input; one part where it is not of this form.</summary>
    ImmutableArray<byte[]> Split(byte[] input);

    /// <summary>An input of parts, with lengths that are right.</summary>
    byte[] Join(ImmutableArray<byte[]> parts);
}

/// <summary>An input that is one part.</summary>
internal sealed class WholeInput : IContainer
{
    public ImmutableArray<byte[]> Split(byte[] input) => [input];

    public byte[] Join(ImmutableArray<byte[]> parts) => parts[0];
}
