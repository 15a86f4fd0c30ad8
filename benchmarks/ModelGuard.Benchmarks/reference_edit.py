"""The edit as its Python reference does it: load, keys and values, solve, save. Prints the seconds, imports not counted.

    python3 reference_edit.py TEXT_ENCODER.safetensors OUTPUT.safetensors
"""
import sys
import time

import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

LAYER, LAMBDA = 0, 0.01
# Two templates of one concept, as token ids: begin, words, end, padding to 77 (the name's last token stands before the end).
SENTENCES = [([49406, 2451, 19697, 49407], [49406, 320, 3086, 49407]), ([49406, 320, 3086, 530, 518, 1844, 539, 2451, 19697, 49407], [49406, 320, 3086, 530, 518, 1844, 539, 320, 3086, 49407])]


def pad(ids):
    return ids + [49407] * (77 - len(ids))


torch.set_num_threads(2)
start = time.perf_counter()
weights = load_file(sys.argv[1])
model = CLIPTextModel(CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12, num_hidden_layers=12, projection_dim=768, eos_token_id=2))
model.load_state_dict(weights, strict=False)
model.eval()
projection = model.text_model.encoder.layers[LAYER].self_attn.out_proj
keys = []
projection.register_forward_pre_hook(lambda _, inputs: keys.append(inputs[0]))
with torch.no_grad():
    model(torch.tensor([pad(old) for old, _ in SENTENCES]))
    model(torch.tensor([pad(new) for _, new in SENTENCES]))
    weight = projection.weight.double()
    old = torch.cat([keys[0][i, len(s[0]) - 2:] for i, s in enumerate(SENTENCES)]).double()
    new = torch.cat([keys[1][i, len(s[1]) - 2:] for i, s in enumerate(SENTENCES)]).double()
    rows = min(len(old), len(new))
    old, values = old[:rows], new[:rows] @ weight.T
    gram = LAMBDA * torch.eye(768, dtype=torch.float64) + old.T @ old
    edited = torch.linalg.solve(gram, LAMBDA * weight.T + old.T @ values).T
name = f"text_model.encoder.layers.{LAYER}.self_attn.out_proj.weight"
weights[name] = edited.float().contiguous()
save_file(weights, sys.argv[2], metadata={"format": "pt"})
print(time.perf_counter() - start)
