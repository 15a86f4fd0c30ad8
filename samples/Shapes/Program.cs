using System.Text.Json;

// What an application does with the checkpoint that its build produced: here it only says what was edited.
var folder = args.Length > 0 ? args[0] : "artifacts/shapes-governed";
var path = Path.Combine(folder, "modelguard-report.json");
if (!File.Exists(path))
{
    Console.Error.WriteLine($"There is no '{path}'. Run 'dotnet build samples/Shapes' at the root of the repository first, or name the edited checkpoint.");
    return 1;
}

using var report = JsonDocument.Parse(File.ReadAllBytes(path));
var model = report.RootElement.GetProperty("model");
Console.WriteLine($"base    {model.GetProperty("base").GetProperty("digest").GetString()}");
Console.WriteLine($"edited  {model.GetProperty("output").GetProperty("digest").GetString()}");
foreach (var tensor in report.RootElement.GetProperty("edit").GetProperty("tensors").EnumerateArray()) Console.WriteLine($"tensor  {tensor.GetProperty("component").GetString()}/{tensor.GetProperty("tensor").GetString()}");
return 0;
