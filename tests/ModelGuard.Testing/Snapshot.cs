using System.Runtime.CompilerServices;
using System.Text;

namespace ModelGuard.Testing;

/// <summary>Compares a text with the file <c>Class.Test.verified.txt</c> beside the test, named as the library Verify names it.</summary>
public static class Snapshot
{
    /// <summary>Writes <c>Class.Test.received.txt</c> and throws when the text is another one; no final newline is added to either.</summary>
    public static void Verify(string text, [CallerFilePath] string testFile = "", [CallerMemberName] string test = "")
    {
        var name = Path.Combine(Path.GetDirectoryName(testFile)!, $"{Path.GetFileNameWithoutExtension(testFile)}.{test}");
        string verified = name + ".verified.txt", received = name + ".received.txt";
        if (File.Exists(verified) && File.ReadAllBytes(verified).AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(text)))
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        throw new SnapshotException($"The text is not that of '{verified}'. Compare it with '{received}'; if the new text is right, rename that file.");
    }
}

/// <summary>A text that is not the expected one.</summary>
public sealed class SnapshotException(string message) : Exception(message);
