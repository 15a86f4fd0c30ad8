"""Pictures as diffusers makes them: one UNet call, one decode, 20 guided DDIM steps and the decode. Prints the seconds of each.

    python3 reference_generate.py CHECKPOINT_FOLDER

Text states are random: transformers need not be there, and the text encoder is no part of any figure.
"""
import sys
import time

import torch
from diffusers import AutoencoderKL, DDIMScheduler, UNet2DConditionModel

STEPS, GUIDANCE, PICTURES = 20, 7.5, 4

torch.set_num_threads(2)
folder = sys.argv[1]
unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet").eval()
vae = AutoencoderKL.from_pretrained(folder, subfolder="vae").eval()
scheduler = DDIMScheduler.from_pretrained(folder, subfolder="scheduler")
torch.manual_seed(1)
noise, states = torch.randn(PICTURES, 4, 32, 32), torch.randn(2 * PICTURES, 77, 768)


def second_time(act):
    act()
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def pictures():
    scheduler.set_timesteps(STEPS)
    latents = noise * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        without, with_text = unet(torch.cat([latents, latents]), timestep, encoder_hidden_states=states).sample.chunk(2)
        latents = scheduler.step(without + GUIDANCE * (with_text - without), timestep, latents).prev_sample
    return vae.decode(latents / vae.config.scaling_factor).sample


with torch.no_grad():
    call = second_time(lambda: unet(torch.cat([noise, noise]), 501, encoder_hidden_states=states))
    decode = second_time(lambda: vae.decode(noise))
    print("seconds", call, decode, second_time(pictures))
