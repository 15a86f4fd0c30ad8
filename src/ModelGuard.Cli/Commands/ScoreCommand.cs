using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ModelGuard.Diffusion.Backend;
using ModelGuard.Diffusion.Clip;
using ModelGuard.Diffusion.Images;
using Spectre.Console;

namespace ModelGuard.Cli.Commands;

/// <summary><c>score</c>: CLIP-Score of pictures and texts, as raw cosines.</summary>
internal static class ScoreCommand
{
    public static Command Create(CommonOptions options)
    {
        var scorer = new Option<string>("--scorer") { Description = "The CLIP folder.", Required = true };
        var image = new Option<string[]>("--image") { Description = "Pictures (PNG, JPEG or WebP).", Required = true, AllowMultipleArgumentsPerToken = true };
        var text = new Option<string[]>("--text") { Description = "Texts.", Required = true, AllowMultipleArgumentsPerToken = true };
        var command = new ToolCommand("score", "Scores pictures against texts with CLIP: raw cosines, one row a picture.", "modelguard score --scorer samples/Shapes/scorer --image star.png --text \"a star\" \"a circle\"")
        {
            scorer, image, text, options.Device, options.Threads,
        };
        command.Runs(options, (parse, output, _) =>
        {
            Backend.Prepare(parse, options);
            var (images, texts) = (parse.GetRequiredValue(image), parse.GetRequiredValue(text));
            using var clip = ClipScorer.Load(parse.GetRequiredValue(scorer), ComputeDevice.Parse(parse.GetRequiredValue(options.Device)));
            var cosines = clip.Cosines([.. images.Select(RgbImage.Load)], texts);
            if (output.Json) WriteJson(output.Standard, images, texts, cosines);
            else output.Table(CreateTable(images, texts, cosines));
            return ExitCodes.Success;
        });
        return command;
    }

    private static Table CreateTable(string[] images, string[] texts, double[,] cosines)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn(new TableColumn(new Text("Raw cosine")));
        foreach (var text in texts) table.AddColumn(new TableColumn(new Text(text)).RightAligned());
        for (var i = 0; i < images.Length; i++)
        {
            var row = i;
            table.AddRow([new Text(images[i]), .. texts.Select((_, j) => new Text(cosines[row, j].ToString("0.0000", CultureInfo.InvariantCulture)))]);
        }

        return table;
    }

    private static void WriteJson(TextWriter writer, string[] images, string[] texts, double[,] cosines)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("metric", "cosine");
            json.WriteStartArray("texts");
            foreach (var text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
            json.WriteStartArray("images");
            for (var i = 0; i < images.Length; i++)
            {
                json.WriteStartObject();
                json.WriteString("image", images[i]);
                json.WriteStartArray("cosines");
                for (var j = 0; j < texts.Length; j++) json.WriteNumberValue(cosines[i, j]);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        writer.WriteLine(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
