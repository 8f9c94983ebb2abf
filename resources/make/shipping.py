"""What both training scripts share: measuring a network and writing it the way the program reads it."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))  # the checkout these scripts belong to, installed or not


def arguments(description: str, *, epochs: int) -> argparse.Namespace:
    """The command line of a training script."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder of the data set")
    parser.add_argument(
        "--out", type=Path, required=True, help="the .safetensors file to write (a .json goes beside it)"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--validate", action="store_true", help="hold out part of the training data and report on it")
    return parser.parse_args()


def normalise(images: Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> Tensor:
    """N×C×H×W uint8 to the float32 the network is given."""
    shape = (1, -1, 1, 1)
    return (images.float() / 255 - torch.tensor(mean).view(shape)) / torch.tensor(std).view(shape)


@torch.inference_mode()
def accuracy(module: nn.Module, inputs: Tensor, labels: Tensor) -> float:
    """Top-1 in percent, with the module in evaluation mode; its training flag is put back."""
    training = module.training
    module.eval()
    right = sum(
        int((module(part).argmax(1) == truth).sum())
        for part, truth in zip(inputs.split(250), labels.split(250), strict=True)
    )
    module.train(training)
    return 100 * right / len(labels)


def write_network(module: nn.Module, out: Path, facts: Mapping[str, Any]) -> None:
    """The weights in float32 and, beside them, what the program must know of them."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(save({name: value.detach().contiguous() for name, value in module.state_dict().items()}))
    parameters = sum(parameter.numel() for parameter in module.parameters())
    text = json.dumps({**facts, "parameters": parameters}, indent=2, ensure_ascii=False)
    out.with_suffix(".json").write_text(text + "\n", encoding="utf-8")
