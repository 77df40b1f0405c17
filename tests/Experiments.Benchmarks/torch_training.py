"""The training step of TorchBenchmarks in Python's torch: one step for each line on stdin, answered by its loss.

Debian: apt-get install python3-torch libopenblas0-pthread. Plain modules and torch's own AdamW, as a researcher writes them.
"""
import math
import sys

import torch
from torch import nn
from torch.nn import functional as F

VOCAB, WIDTH, INNER, LAYERS, HEADS = 8192, 512, 1376, 8, 8
ROWS, LENGTH = 4, 128


class RmsNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def rotate(x, cos, sin):
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], -1)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = RmsNorm(), RmsNorm()
        self.q, self.k, self.v, self.o = (nn.Linear(WIDTH, WIDTH, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(WIDTH, INNER, bias=False) for _ in range(2))
        self.down = nn.Linear(INNER, WIDTH, bias=False)

    def forward(self, x, cos, sin, mask):
        rows, length, _ = x.shape
        h = self.norm1(x)
        q, k, v = (p(h).view(rows, length, HEADS, -1).transpose(1, 2) for p in (self.q, self.k, self.v))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        if hasattr(F, "scaled_dot_product_attention"):
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            mixed = (q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) + mask).softmax(-1) @ v
        x = x + self.o(mixed.transpose(1, 2).reshape(rows, length, -1))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, WIDTH)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.norm = RmsNorm()
        self.head = nn.Linear(WIDTH, VOCAB, bias=False)

    def forward(self, ids, cos, sin, mask):
        x = self.embed(ids)
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return self.head(self.norm(x))


torch.set_num_threads(2)
torch.manual_seed(1)
model = Model()
for parameter in model.parameters():
    if parameter.dim() >= 2:
        nn.init.normal_(parameter, 0, 0.02)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, betas=(0.9, 0.95), weight_decay=0.1)
ids = torch.randint(VOCAB, (ROWS, LENGTH))
angles = torch.outer(torch.arange(LENGTH).float(), 10000 ** (-torch.arange(0, WIDTH // HEADS, 2).float() / (WIDTH // HEADS)))
cos, sin = angles.cos(), angles.sin()
mask = torch.full((LENGTH, LENGTH), float("-inf")).triu(1)
print(torch.__version__, flush=True)
for _ in sys.stdin:
    optimizer.zero_grad()
    logits = model(ids, cos, sin, mask)[:, :-1]
    loss = F.cross_entropy(logits.reshape(-1, VOCAB), ids[:, 1:].reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print(loss.item(), flush=True)
