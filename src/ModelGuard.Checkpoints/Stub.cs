// Placeholder only until the real types of this project are pushed: delete this file with them.
#pragma warning disable
using System.Collections.Immutable; 
namespace ModelGuard.Checkpoints;
public enum TensorDataType { F64, F32, F16, BF16, I64, I32, U8 }
public sealed record TensorInfo(string Name, TensorDataType DataType, ImmutableArray<long> Shape, long Offset, long ByteLength);
public sealed class CheckpointException : Exception { public CheckpointException(string code, string message, string? path=null, Exception? inner=null):base(message,inner){} }
public sealed class SafetensorsFile : IDisposable { public static SafetensorsFile Open(string path)=>throw null; public string Path=>""; public IReadOnlyList<TensorInfo> Tensors=>null; public bool TryGet(string name, out TensorInfo info){info=null;return false;} public ReadOnlySpan<byte> GetBytes(TensorInfo i)=>default; public void Dispose(){} }
