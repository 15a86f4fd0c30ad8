using ModelGuard.Checkpoints;
using ModelGuard.Diffusion.Schedulers;
using static TorchSharp.torch;

namespace ModelGuard.Diffusion.Tests.Schedulers;

public sealed class SchedulerTests
{
    [Fact]
    public void Another_scheduler_takes_the_settings_of_the_folder()
    {
        var folder = Path.Combine(Golden.Model("sd1-tiny"), "scheduler");

        Assert.IsType<PNDMScheduler>(SchedulerFactory.Load(folder));
        var other = Assert.IsType<DDIMScheduler>(SchedulerFactory.Load(folder, "ddim"));
        other.SetTimesteps(10);

        // DDIM's own default would begin at 900.
        Assert.Equal([901, 801, 701, 601, 501, 401, 301, 201, 101, 1], other.Timesteps);
        Assert.Equal("MG0227", Assert.Throws<CheckpointException>(() => SchedulerFactory.Load(folder, "magic")).Code);
    }

    [Theory]
    [InlineData("ddim", 900, 1)]
    [InlineData("pndm", 900, 1)]
    [InlineData("euler", 999, 0)]
    [InlineData("euler-a", 999, 0)]
    [InlineData("dpm++", 999, 1)]
    [InlineData("unipc", 999, 1)]
    public void What_the_folder_does_not_say_is_the_schedulers_own_default(string name, double first, int unaffected)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["scheduler_config.json"], """{ "_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear", "skip_prk_steps": true }""");
        var scheduler = SchedulerFactory.Load(folder.Path, name);

        scheduler.SetTimesteps(10);

        Assert.Equal(first, scheduler.Timesteps[0]);
        // Latents that only explode in variance begin as large as the first σ.
        Assert.Equal(unaffected == 1, scheduler.InitNoiseSigma == 1);
    }

    [Fact]
    public void Every_name_is_a_scheduler_and_only_karras_changes_the_settings()
    {
        var folder = Path.Combine(Golden.Model("sd1-tiny"), "scheduler");
        var first = SchedulerFactory.Names.ToDictionary(n => n, n => Begin(SchedulerFactory.Load(folder, n)), StringComparer.Ordinal);

        Assert.Equal(first["dpm++"].GetType(), first["dpm++-karras"].GetType());
        Assert.NotEqual(first["dpm++"].Timesteps, first["dpm++-karras"].Timesteps);

        static IScheduler Begin(IScheduler scheduler)
        {
            scheduler.SetTimesteps(20);
            return scheduler;
        }
    }

    [Theory]
    [InlineData("ddim", 0)]
    [InlineData("ddim", 1001)]
    [InlineData("ddim", 1000)] // With its offset of 1, the first of 1000 timesteps would be 1000.
    [InlineData("ddim_linspace", 1001)]
    [InlineData("pndm_prk", 1)] // No call at all: noise would come out.
    [InlineData("euler_leading", 1000)]
    [InlineData("euler_linspace", 1001)]
    [InlineData("euler_trailing", 0)]
    [InlineData("euler_karras", 1001)]
    [InlineData("euler_ancestral_leading", 1000)]
    [InlineData("dpmpp_2m", 1000)] // One point more than steps is needed: two would be alike, and their distance 0.
    [InlineData("dpmpp_2m_leading", 1000)]
    [InlineData("dpmpp_2m_trailing", 1001)]
    [InlineData("dpmpp_2m_karras", 1001)]
    public void Numbers_of_steps_that_the_training_does_not_cover_are_refused(string name, int steps)
    {
        var scheduler = SchedulerCase.Create(name);

        Assert.Throws<ArgumentOutOfRangeException>(() => scheduler.SetTimesteps(steps));
    }

    [Theory]
    [InlineData("ddim", 500)]
    [InlineData("ddim_linspace", 1000)]
    [InlineData("ddim_zero_snr", 1000)]
    [InlineData("pndm_trailing", 1000)]
    [InlineData("euler_leading", 999)]
    [InlineData("euler_trailing", 1000)]
    [InlineData("euler_linspace", 1000)]
    [InlineData("euler_karras", 500)]
    [InlineData("euler_ancestral_linspace", 1000)]
    [InlineData("dpmpp_2m", 999)]
    [InlineData("dpmpp_3m", 999)]
    [InlineData("dpmpp_2m_leading", 998)]
    [InlineData("dpmpp_2m_trailing", 1000)]
    [InlineData("dpmpp_2m_karras", 1000)]
    [InlineData("sde_dpmpp_2m_karras", 1000)]
    public void All_numbers_of_steps_up_to_the_largest_give_numbers(string name, int largest)
    {
        using var scope = NewDisposeScope();
        foreach (var steps in new[] { 1, 2, 3, 5, 48, largest })
        {
            var scheduler = SchedulerCase.Create(name, "v_prediction");
            scheduler.SetTimesteps(steps);
            Assert.InRange(scheduler.Timesteps.Min(), 0, 999);
            Assert.InRange(scheduler.Timesteps.Max(), 0, 999);
            Assert.InRange(scheduler.Timesteps.Length, steps, steps + 1);
            // Only the multistep methods divide by the distance of timesteps.
            if (steps == largest && scheduler is not MultistepScheduler) continue;
            var sample = ones(1, 1, 2, 2) * scheduler.InitNoiseSigma;

            foreach (var timestep in scheduler.Timesteps) sample = scheduler.Step(sample * 0.1, timestep, sample, like => ones_like(like));

            Assert.True(sample.isfinite().all().item<bool>(), $"{steps} steps: {sample.data<float>()[0]}");
        }
    }

    [Fact]
    public void Trailing_timesteps_round_as_numpys_do()
    {
        var scheduler = SchedulerCase.Create("ddim_zero_snr");

        scheduler.SetTimesteps(48);

        // 1000 - 3 * 1000 / 48 is 937.5 exactly, which would round to 938; numpy's stride is a little larger than 1000 / 48.
        Assert.Equal([999, 978, 957, 936], scheduler.Timesteps[..4]);
    }

    [Theory]
    [InlineData("ddim_eta1")]
    [InlineData("euler_ancestral_leading")]
    [InlineData("sde_dpmpp_2m")]
    public void A_method_that_adds_noise_takes_no_step_without_a_source_of_it(string name)
    {
        using var scope = NewDisposeScope();
        var scheduler = SchedulerCase.Create(name);
        scheduler.SetTimesteps(10);

        Assert.Throws<ArgumentNullException>(() => scheduler.Step(ones(1), scheduler.Timesteps[0], ones(1)));
    }

    [Theory]
    [InlineData("euler_leading")]
    [InlineData("dpmpp_2m")]
    public void Steps_out_of_their_order_are_refused(string name)
    {
        using var scope = NewDisposeScope();
        var scheduler = SchedulerCase.Create(name);
        scheduler.SetTimesteps(10);

        Assert.Throws<InvalidOperationException>(() => scheduler.Step(ones(1), scheduler.Timesteps[1], ones(1)));
        foreach (var timestep in scheduler.Timesteps) scheduler.Step(ones(1), timestep, ones(1));
        Assert.Throws<InvalidOperationException>(() => scheduler.Step(ones(1), scheduler.Timesteps[^1], ones(1)));
        Assert.Throws<ArgumentException>(() => scheduler.AddNoise(ones(1, 1), ones(1, 1), tensor(new long[] { 5 })));
    }

    [Fact]
    public void Eta_is_ddims_alone()
    {
        var folder = Path.Combine(Golden.Model("sd1-tiny"), "scheduler");

        Assert.Throws<ArgumentOutOfRangeException>(() => SchedulerFactory.Load(folder, "euler", 0.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => SchedulerFactory.Load(folder, "ddim", 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => SchedulerFactory.Load(folder, "ddim", double.NaN));
        Assert.IsType<DDIMScheduler>(SchedulerFactory.Load(folder, "ddim", 1));
    }
}
