using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ModelGuard.Checkpoints;

/// <summary>
/// Copies files inside the system's kernel while this process computes something else. The thread that waits for the kernel allocates
/// nothing: a garbage collection that it caused could take objects from under a running call into LibTorch (see docs/native-backend.md).
/// Where the kernel cannot copy, <see cref="Wait"/> does.
/// </summary>
internal sealed partial class SystemCopies : IDisposable
{
    private const long LargestStep = 64 << 20;
    // The kernel cuts each request for pages to the largest transfer of the disk, often little more than this.
    private const long Request = 1 << 20;
    private const int PollMilliseconds = 100;
    private readonly List<Pair> pairs = [];
    private readonly Thread thread;
    private volatile bool isStopped;

    /// <summary>Begins to copy.</summary>
    /// <param name="files">Source and target; the targets do not exist yet.</param>
    public SystemCopies(IEnumerable<(string Source, string Target)> files)
    {
        try
        {
            foreach (var (source, target) in files) pairs.Add(new Pair(source, target));
        }
        catch
        {
            pairs.ForEach(p => p.Dispose());
            throw;
        }

        thread = new Thread(Run) { IsBackground = true, Name = "copies" };
        thread.Start();
    }

    /// <summary>Bytes that are copied so far.</summary>
    public long Done => pairs.Sum(p => p.Done);

    /// <summary>Bytes of all files.</summary>
    public long Total => pairs.Sum(p => p.Length);

    /// <summary>Waits for all copies, makes those that the kernel did not make, and closes the files.</summary>
    /// <param name="progress">Told some times a second that more may be done.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public void Wait(Action? progress = null)
    {
        while (!thread.Join(PollMilliseconds)) progress?.Invoke();
        foreach (var pair in pairs)
        {
            pair.Complete();
            pair.Dispose();
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        isStopped = true;
        thread.Join();
        pairs.ForEach(p => p.Dispose());
    }

    private void Run()
    {
        if (!OperatingSystem.IsLinux()) return;
        for (var i = 0; i < pairs.Count && !isStopped; i++)
        {
            var pair = pairs[i];
            while (pair.Left > 0 && !isStopped && pair.Step())
            {
            }
        }
    }

    private sealed partial class Pair : IDisposable
    {
        // POSIX_FADV_WILLNEED of Linux.
        private const int WillNeed = 3;
        private readonly SafeFileHandle input;
        private readonly SafeFileHandle output;
        private readonly int inputDescriptor;
        private readonly int outputDescriptor;
        private long requested;

        public Pair(string source, string target)
        {
            input = File.OpenHandle(source, options: FileOptions.SequentialScan);
            Length = Left = RandomAccess.GetLength(input);
            output = File.OpenHandle(target, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            (inputDescriptor, outputDescriptor) = ((int)input.DangerousGetHandle(), (int)output.DangerousGetHandle());
        }

        public long Length { get; }

        public long Left { get; private set; }

        public long Done => Length - Left;

        /// <summary>Has the kernel copy a part; false when it does not.</summary>
        public bool Step()
        {
            // A copy waits for each page that memory lacks, also for single ones among gigabytes; what is requested before arrives meanwhile.
            for (var end = Math.Min(Done + (2 * LargestStep), Length); requested < end; requested += Request) _ = Advise(inputDescriptor, (nint)requested, (nint)Request, WillNeed);
            var copied = CopyFileRange(inputDescriptor, 0, outputDescriptor, 0, (nuint)Math.Min(Left, LargestStep), 0);
            if (copied <= 0) return false;
            Left -= copied;
            return true;
        }

        public void Complete()
        {
            if (Left <= 0) return;
            var buffer = new byte[1 << 20];
            for (var position = Length - Left; position < Length;)
            {
                var count = RandomAccess.Read(input, buffer, position);
                if (count == 0) break;
                RandomAccess.Write(output, buffer.AsSpan(0, count), position);
                position += count;
            }

            Left = 0;
        }

        public void Dispose()
        {
            input.Dispose();
            output.Dispose();
        }

        [LibraryImport("libc", EntryPoint = "posix_fadvise")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial int Advise(int file, nint offset, nint length, int advice);

        [LibraryImport("libc", EntryPoint = "copy_file_range")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static partial nint CopyFileRange(int from, nint fromOffset, int to, nint toOffset, nuint length, uint flags);
    }
}
