"""Trains the lecture's convnet on MNIST: ``python train_convnet_mnist.py --data DIR --out FILE --seed 0``.

DIR holds the four original files (train-images-idx3-ubyte.gz …). RMSprop, cross-entropy and batch 128 are the
lecture's; the moved digits and the falling learning rate are ours, so that digits drawn off centre are read too.
"""

import gzip
import math
import time
from pathlib import Path

import torch
from shipping import accuracy, arguments, normalise, write_network
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.core.networks.shipped import convnet_mnist

MEAN, STD = (0.1307,), (0.3081,)
BATCH, RATE, RMS_DECAY = 128, 1e-3, 0.9
TURN, GROW, SHEAR, SHIFT = math.radians(12), 0.15, 0.15, 2.5 / 14  # the last in half widths of the picture
HELD_OUT = 5_000


def read_images(path: Path, count: int) -> Tensor:
    """N×1×28×28 uint8 of an idx3 file that must hold ``count`` pictures."""
    return _read_idx(path, (2051, count, 28, 28)).view(count, 1, 28, 28)


def read_labels(path: Path, count: int) -> Tensor:
    """N labels of an idx1 file."""
    return _read_idx(path, (2049, count)).long()


def _read_idx(path: Path, header: tuple[int, ...]) -> Tensor:
    """The bytes after ``header`` (big-endian 32-bit numbers); never reads more than they announce."""
    start, size = 4 * len(header), math.prod(header[1:])
    with gzip.open(path) as file:
        content = file.read(start + size + 1)
    expected = b"".join(number.to_bytes(4, "big") for number in header)
    if content[:start] != expected or len(content) != start + size:
        raise SystemExit(f"{path.name} is not the MNIST file of {header[1]:,} items.")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=start)


def moved(inputs: Tensor) -> Tensor:
    """The normalised digits turned, scaled, slanted and shifted, each in its own way."""
    count = len(inputs)
    turn, slant = _spread(count, TURN), _spread(count, SHEAR)
    tall, wide = 1 + _spread(count, GROW), 1 + _spread(count, GROW)
    rows = [
        torch.stack([turn.cos() * wide, slant - turn.sin(), _spread(count, SHIFT)], 1),
        torch.stack([turn.sin(), turn.cos() * tall, _spread(count, SHIFT)], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(inputs.shape), align_corners=False)
    black = (0 - MEAN[0]) / STD[0]  # grid_sample fills the outside with zero
    return functional.grid_sample(inputs - black, grid, align_corners=False) + black


def _spread(count: int, most: float) -> Tensor:
    return (2 * torch.rand(count) - 1) * most


def train(module: nn.Module, inputs: Tensor, labels: Tensor, epochs: int) -> None:
    optimiser = torch.optim.RMSprop(module.parameters(), lr=RATE, alpha=RMS_DECAY, eps=1e-7)
    steps = epochs * math.ceil(len(inputs) / BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(inputs)).split(BATCH):
            loss = functional.cross_entropy(module(moved(inputs[chosen])), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1}/{epochs}: training loss {total / len(inputs):.4f}", flush=True)


def main() -> None:
    options = arguments("Train the lecture's convnet on MNIST.", epochs=12)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    images = read_images(options.data / "train-images-idx3-ubyte.gz", 60_000)
    inputs, labels = normalise(images, MEAN, STD), read_labels(options.data / "train-labels-idx1-ubyte.gz", 60_000)
    kept = len(inputs) - (HELD_OUT if options.validate else 0)
    module, start = convnet_mnist(), time.monotonic()
    train(module, inputs[:kept], labels[:kept], options.epochs)
    seconds = time.monotonic() - start
    if options.validate:
        print(f"validation accuracy {accuracy(module, inputs[kept:], labels[kept:]):.2f} %; nothing written")
        return
    test_images = read_images(options.data / "t10k-images-idx3-ubyte.gz", 10_000)
    test_labels = read_labels(options.data / "t10k-labels-idx1-ubyte.gz", 10_000)
    measured = accuracy(module, normalise(test_images, MEAN, STD), test_labels)
    print(f"test accuracy {measured:.2f} % after {seconds:.0f} s")
    write_network(module, options.out, facts(measured, options.epochs, options.seed, seconds))


def facts(measured: float, epochs: int, seed: int, seconds: float) -> dict[str, object]:
    return {
        "title": "Convnet MNIST (lecture)",
        "accuracy": round(measured, 2),
        "data": "MNIST, 60,000 training images; measured on the 10,000 test images",
        "test_images": 10_000,
        "preprocessing": {
            "input_size": [28, 28],
            "channels": 1,
            "resize": None,
            "fit": "crop",
            "interpolation": "bilinear",
            "mean": MEAN,
            "std": STD,
            "invert": False,
        },
        "class_names": [str(digit) for digit in range(10)],
        "training": {
            "optimiser": "RMSprop",
            "rms_decay": RMS_DECAY,
            "learning_rate": f"{RATE} falling to 0 along a half cosine",
            "batch": BATCH,
            "loss": "cross-entropy",
            "epochs": epochs,
            "augmentation": "turn ±12°, scale ±15 % per axis, slant ±0.15, shift ±2.5 pixels",
            "seed": seed,
            "seconds": round(seconds),
        },
    }


if __name__ == "__main__":
    main()
