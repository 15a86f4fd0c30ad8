namespace ModelGuard.Fuzzing;

/// <summary>Makes an input smaller that is worth keeping.</summary>
internal static class Shrinking
{
    private const int MostTries = 3000;

    /// <summary>Leaves out runs of bytes, long ones first, as long as what matters of the input stays.</summary>
    /// <param name="input">The input.</param>
    /// <param name="isSame">Whether a smaller one still does what this one does.</param>
    public static byte[] Shrink(byte[] input, Func<byte[], bool> isSame)
    {
        var tries = 0;
        for (var length = Math.Max(1, input.Length / 2); length > 0; length /= 2)
        {
            for (var at = 0; at + length <= input.Length && tries < MostTries;)
            {
                byte[] smaller = [.. input[..at], .. input[(at + length)..]];
                tries++;
                if (isSame(smaller)) input = smaller;
                else at += length;
            }
        }

        return input;
    }
}
