"""Trains cifar10-small on a subset of CIFAR-10: ``python train_cifar10_small.py --data DIR --out FILE --seed 0``.

DIR holds train/CLASS/*.png and test/CLASS/*.png, 32×32 RGB. With 500 pictures a class the augmentation does the work.
"""

import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from shipping import accuracy, arguments, normalise, write_network
from torch import Tensor, nn
from torch.nn import functional

from cnnviz.core.networks.shipped import cifar10_small

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of the whole of CIFAR-10, as published
BATCH, RATE, MOMENTUM, WEIGHT_DECAY, SMOOTHING = 64, 0.05, 0.9, 5e-4, 0.1
SHIFT, WARPED, TURN, GROW = 4, 0.5, math.radians(12), 0.25
CUT, GREY, LIGHT = 8, 0.05, 0.3
HELD_OUT = 50  # a class


def read_pictures(folder: Path) -> tuple[Tensor, Tensor]:
    """N×3×32×32 uint8 RGB and N labels of the PNG files in one folder a class."""
    pictures, labels = [], []
    for label, name in enumerate(CLASSES):
        for path in sorted((folder / name).glob("*.png")):
            pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
            if pixels is None or pixels.shape != (32, 32, 3):
                raise SystemExit(f"{path.name} in {name} is no 32×32 picture.")
            pictures.append(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
            labels.append(label)
    if not pictures:
        raise SystemExit(f"{folder} has no PNG files in folders named {', '.join(CLASSES)}.")
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).contiguous(), torch.tensor(labels)


def augmented(images: Tensor) -> Tensor:
    """Normalised float32: every picture mirrored or not, shifted, most of them warped, recoloured, a square cut out."""
    return _cut(normalise(_recoloured(_moved(images.float())), MEAN, STD))


def _spread(count: int, most: float) -> Tensor:
    return (2 * torch.rand(count) - 1) * most


def _moved(images: Tensor) -> Tensor:
    """Whole-pixel shifts of up to ``SHIFT``, mirrored or not; a share of ``WARPED`` is turned and scaled as well."""
    count, half = len(images), images.shape[-1] / 2
    warped = (torch.rand(count) < WARPED).float()
    turn = _spread(count, TURN) * warped
    wide, tall = 1 + _spread(count, GROW) * warped, 1 + _spread(count, GROW) * warped
    mirror = torch.randint(2, (count,)) * 2 - 1
    down, along = torch.randint(-SHIFT, SHIFT + 1, (2, count)) / half
    rows = [
        torch.stack([mirror * turn.cos() * wide, -turn.sin(), along], 1),
        torch.stack([mirror * turn.sin(), turn.cos() * tall, down], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="reflection", align_corners=False)


def _recoloured(images: Tensor) -> Tensor:
    """Brightness, contrast and saturation, each by its own factor; a few pictures turn grey."""
    count = len(images)
    light, contrast, colour = (1 + _spread(count, LIGHT).view(-1, 1, 1, 1) for _ in range(3))
    colour = colour * (torch.rand(count) >= GREY).view(-1, 1, 1, 1)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * colour
    middle = images.mean((1, 2, 3), keepdim=True)
    return ((images - middle) * contrast + middle * light).clamp(0, 255)


def _cut(inputs: Tensor) -> Tensor:
    """A square of ``CUT`` pixels, anywhere and partly outside at times, becomes the mean colour (0)."""
    size = inputs.shape[-1]
    centre = torch.randint(size, (2, len(inputs), 1))
    rows, columns = ((torch.arange(size) - middle).abs() <= CUT // 2 for middle in centre)
    return inputs.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)


def train(module: nn.Module, images: Tensor, labels: Tensor, epochs: int) -> None:
    """One cycle of SGD; convolutions in bfloat16, weights in float32."""
    module.train().to(memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(
        module.parameters(), lr=RATE, momentum=MOMENTUM, weight_decay=WEIGHT_DECAY, nesterov=True
    )
    steps = epochs * math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, steps, pct_start=0.2, cycle_momentum=False)
    for epoch in range(epochs):
        total = 0.0
        for chosen in torch.randperm(len(images)).split(BATCH):
            loss = _loss(module, augmented(images[chosen]), labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1}/{epochs}: training loss {total / len(images):.4f}", flush=True)


def _loss(module: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16):
        logits = module(inputs.contiguous(memory_format=torch.channels_last))
    return functional.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)


def held_out(labels: Tensor) -> Tensor:
    """True for the last ``HELD_OUT`` pictures of every class."""
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(len(CLASSES)):
        chosen[(labels == label).nonzero().flatten()[-HELD_OUT:]] = True
    return chosen


def main() -> None:
    options = arguments("Train cifar10-small on a subset of CIFAR-10.", epochs=100)
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    images, labels = read_pictures(options.data / "train")
    module, start = cifar10_small(), time.monotonic()
    if options.validate:
        apart = held_out(labels)
        train(module, images[~apart], labels[~apart], options.epochs)
        measured = accuracy(module, normalise(images[apart], MEAN, STD), labels[apart])
        print(f"validation accuracy {measured:.2f} % after {time.monotonic() - start:.0f} s; nothing written")
        return
    train(module, images, labels, options.epochs)
    seconds = time.monotonic() - start
    test_images, test_labels = read_pictures(options.data / "test")
    measured = accuracy(module, normalise(test_images, MEAN, STD), test_labels)
    print(f"test accuracy {measured:.2f} % after {seconds:.0f} s")
    numbers = {"train_images": len(images), "test_images": len(test_labels), "seed": options.seed}
    write_network(module, options.out, facts(measured, options.epochs, seconds, **numbers))


def facts(
    measured: float, epochs: int, seconds: float, *, train_images: int, test_images: int, seed: int
) -> dict[str, object]:
    return {
        "title": "CIFAR-10 small",
        "accuracy": round(measured, 2),
        "data": f"CIFAR-10, {train_images:,} of its training images; measured on {test_images:,} of its test images",
        "test_images": test_images,
        "preprocessing": {
            "input_size": [32, 32],
            "channels": 3,
            "resize": None,
            "fit": "crop",
            "interpolation": "bilinear",
            "mean": MEAN,
            "std": STD,
            "invert": False,
        },
        "class_names": CLASSES,
        "training": {
            "optimiser": f"SGD, Nesterov momentum {MOMENTUM}, weight decay {WEIGHT_DECAY}",
            "learning_rate": f"one cycle up to {RATE}",
            "batch": BATCH,
            "loss": f"cross-entropy, label smoothing {SMOOTHING}",
            "epochs": epochs,
            "augmentation": "mirror, shift ±4 pixels, turn ±12° and scale ±25 % per axis, "
            "brightness, contrast and saturation ±30 %, 9-pixel cutout",
            "precision": "bfloat16 convolutions, float32 weights",
            "seed": seed,
            "seconds": round(seconds),
        },
    }


if __name__ == "__main__":
    main()
