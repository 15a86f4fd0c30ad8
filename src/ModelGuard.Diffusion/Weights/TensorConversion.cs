using ModelGuard.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Weights;

/// <summary>Bytes of a safetensors file ↔ TorchSharp tensors.</summary>
public static class TensorConversion
{
    /// <summary>The TorchSharp type of a stored type.</summary>
    public static ScalarType ToScalarType(TensorDataType type) => type switch
    {
        TensorDataType.F64 => ScalarType.Float64,
        TensorDataType.F32 => ScalarType.Float32,
        TensorDataType.F16 => ScalarType.Float16,
        TensorDataType.BF16 => ScalarType.BFloat16,
        TensorDataType.I64 => ScalarType.Int64,
        TensorDataType.I32 => ScalarType.Int32,
        TensorDataType.U8 => ScalarType.Byte,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such stored type."),
    };

    /// <summary>The stored type of a TorchSharp type.</summary>
    public static TensorDataType ToDataType(ScalarType type) => type switch
    {
        ScalarType.Float64 => TensorDataType.F64,
        ScalarType.Float32 => TensorDataType.F32,
        ScalarType.Float16 => TensorDataType.F16,
        ScalarType.BFloat16 => TensorDataType.BF16,
        ScalarType.Int64 => TensorDataType.I64,
        ScalarType.Int32 => TensorDataType.I32,
        ScalarType.Byte => TensorDataType.U8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Safetensors files here hold F64, F32, F16, BF16, I64, I32 and U8."),
    };

    /// <summary>Copies a tensor out of the file, in its stored type and shape.</summary>
    public static Tensor Read(SafetensorsFile file, TensorInfo info)
    {
        var tensor = empty([.. info.Shape], dtype: ToScalarType(info.DataType));
        if (info.ByteLength > 0) file.GetBytes(info).CopyTo(tensor.bytes);
        return tensor;
    }

    /// <summary>Copies a network's tensor out of its file, in its stored type and the reference's shape.</summary>
    public static Tensor Read(WeightTensor weight)
    {
        var tensor = empty([.. weight.Shape], dtype: ToScalarType(weight.DataType));
        if (weight.ByteLength == 0) return tensor;
        if (!weight.IsTransposed)
        {
            weight.File.Read(weight.Stored, weight.Start, tensor.bytes);
            return tensor;
        }

        using (tensor)
        using (var stored = tensor.view(weight.Shape[1], weight.Shape[0]))
        {
            weight.File.Read(weight.Stored, weight.Start, stored.bytes);
            return stored.t().contiguous();
        }
    }

    /// <summary>Copies a network's tensor into one of the same shape, converting to its type; nothing is held twice where the types are the same.</summary>
    public static void Read(WeightTensor weight, Tensor target)
    {
        if (weight.ByteLength > 0 && !weight.IsTransposed && target.dtype == ToScalarType(weight.DataType) && target.device_type == DeviceType.CPU && target.is_contiguous())
        {
            weight.File.Read(weight.Stored, weight.Start, target.bytes);
            return;
        }

        using var tensor = Read(weight);
        target.copy_(tensor);
    }

    /// <summary>The bytes of a tensor in row-major order, as safetensors stores them.</summary>
    public static byte[] ToBytes(Tensor tensor)
    {
        using var dense = tensor.detach().cpu().contiguous();
        return dense.bytes.ToArray();
    }
}
