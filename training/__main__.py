"""``python -m training`` draws pictures, trains ``shapes-net`` with PyTorch and writes the weights that ship.

It takes about three minutes, on one core, so that sums are always added in the same order: the same PyTorch
on the same kind of processor makes the same weights again. Others round otherwise, which training amplifies,
and come to about the same accuracy.
"""

from __future__ import annotations

from collections import OrderedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnnviz.network.trained import SHAPES_NET
from training.pictures import pictures

ROUNDS = 100
BATCHES, BATCH = 32, 64
"""Of a round. Every round has pictures of its own, drawn from its number, so that none is seen twice."""

RATE = 0.005


def network() -> nn.Sequential:
    """The layers of `cnnviz.network.known.shapes_net` by the same names."""
    layers = OrderedDict(
        conv1=nn.Conv2d(3, 8, 3, padding=1),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2),
        conv2=nn.Conv2d(8, 16, 3, padding=1),
        relu2=nn.ReLU(),
        pool2=nn.MaxPool2d(2),
        conv3=nn.Conv2d(16, 32, 3, padding=1),
        relu3=nn.ReLU(),
        pool3=nn.AdaptiveMaxPool2d(1),
        flatten=nn.Flatten(),
        fc=nn.Linear(32, len(SHAPES_NET.labels)),
    )
    return nn.Sequential(layers).to(memory_format=torch.channels_last)


def prepared(drawn: NDArray[np.uint8]) -> torch.Tensor:
    """Pictures (N, H, W, 3) as the network takes them, (N, 3, H, W)."""
    scale, mean, std, *_ = SHAPES_NET.preprocess
    return ((torch.from_numpy(drawn) * scale - torch.tensor(mean)) / torch.tensor(std)).permute(0, 3, 1, 2)


def train(net: nn.Sequential) -> None:
    """Lower the cross entropy on one batch after the other."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=ROUNDS * BATCHES)
    for number in range(1, ROUNDS + 1):
        drawn, labels = pictures(BATCHES * BATCH, seed=number)
        batches = zip(prepared(drawn).split(BATCH), torch.from_numpy(labels).split(BATCH), strict=True)
        for batch, wanted in batches:
            loss = nn.functional.cross_entropy(net(batch), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"round {number} of {ROUNDS}: cross entropy {loss.item():.4f} on its last batch", flush=True)


def accuracy(net: nn.Sequential) -> float:
    """The share of right answers on the pictures that the record names; its seed is no round's."""
    drawn, labels = pictures(SHAPES_NET.pictures, SHAPES_NET.seed)
    with torch.no_grad():
        answers = torch.cat([net(batch).argmax(1) for batch in prepared(drawn).split(500)])
    return float(np.mean(answers.numpy() == labels))


def main() -> None:
    """Train, write the weights, and say how well they do."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    trained = network()
    train(trained)
    arrays = {name: tensor.contiguous().numpy() for name, tensor in trained.state_dict().items()}
    np.savez_compressed(SHAPES_NET.file, **arrays)
    print(f"{accuracy(trained):.4f} of {SHAPES_NET.pictures:,} unseen pictures are named rightly")


if __name__ == "__main__":
    main()
