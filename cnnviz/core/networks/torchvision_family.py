"""Every classification network of torchvision. Only the functions import it: that takes seconds."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from enum import Enum
from types import ModuleType
from typing import Any, Protocol

from torch import Tensor, nn

from cnnviz.core.arrays import Size
from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.download import cached_file
from cnnviz.core.networks.published import PublishedWeights, Recipe
from cnnviz.core.networks.torchvision_facts import depth_of, year_of
from cnnviz.core.networks.values import Interpolation, NetworkEntry, Preprocessing, WeightsInfo

_SPELLINGS = {
    "alexnet": "AlexNet",
    "convnext": "ConvNeXt",
    "densenet": "DenseNet",
    "efficientnet": "EfficientNet",
    "googlenet": "GoogLeNet",
    "inception": "Inception",
    "maxvit": "MaxViT",
    "mnasnet": "MNASNet",
    "mobilenet": "MobileNet",
    "regnet": "RegNet",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "shufflenet": "ShuffleNet",
    "squeezenet": "SqueezeNet",
    "swin": "Swin",
    "vgg": "VGG",
    "vit": "ViT",
    "wide": "Wide",
}
_PARAMETERS = {"inception_v3": 23_834_568}  # torchvision counts its auxiliary head, which is left out here
_NAME = re.compile(r"[a-z][a-z0-9_]{2,40}")  # others are not looked for: torchvision takes seconds to import
_AUXILIARY = re.compile(r"(aux1|aux2|AuxLogits)\.")
_OLD_DENSE_LAYER = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")  # "norm.1" before torchvision 0.2


class TorchvisionFamily:
    """The networks ``torchvision.models`` registers for classification, quantised ones left out."""

    def has(self, name: str) -> bool:
        return bool(_NAME.fullmatch(name)) and name in self.names()

    def names(self) -> tuple[str, ...]:
        return tuple(_models().list_models(module=_models()))

    def entry(self, name: str) -> NetworkEntry:
        published = self.published(name)
        return NetworkEntry(
            name=name,
            title=_title(name),
            origin="torchvision",
            parameters=_PARAMETERS.get(name, _default(name).meta["num_params"]),
            input_size=published[0].preprocessing.input_size,
            weights=tuple(weights.info for weights in published),
            year=year_of(name),
            depth=depth_of(name),
            macs=_macs(_default(name)),
        )

    def published(self, name: str) -> tuple[PublishedWeights, ...]:
        """Sets without class names (VGG-16's bare features) are no classifiers: left out."""
        sets = sorted(_models().get_model_weights(name), key=lambda weights: weights is not _default(name))
        return tuple(_published(weights) for weights in sets if weights.meta["categories"])

    def recipe(self, name: str) -> Recipe:
        return self.published(name)[0].recipe

    def build(self, name: str, input_size: Size, *, initialise: bool) -> nn.Module:
        options = _options(name, input_size, initialise=initialise)
        try:
            module: nn.Module = _models().get_model(name, weights=None, **options)
        except (ValueError, AssertionError) as error:
            height, width = input_size
            raise NetworkError(f"{_title(name)} cannot be built for {height}×{width} pictures: {error}.") from error
        return module

    def adapted(self, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Without the auxiliary heads, which only training uses, and with old dense layers renamed."""
        kept = {key: tensor for key, tensor in tensors.items() if not (_has_auxiliary(name) and _AUXILIARY.match(key))}
        if not name.startswith("densenet"):
            return kept
        return {_OLD_DENSE_LAYER.sub(r"\1", key): tensor for key, tensor in kept.items()}


@functools.cache
def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 classes' names in the order that everybody's weights use."""
    return tuple(_default("resnet18").meta["categories"])


def _has_auxiliary(name: str) -> bool:
    return name in {"googlenet", "inception_v3"}


def _options(name: str, input_size: Size, *, initialise: bool) -> dict[str, Any]:
    """What torchvision sets by itself only where it loads the weights."""
    if _has_auxiliary(name):  # their weights come from TensorFlow, with an input scaling of its own inside the network
        return {"aux_logits": False, "transform_input": True, "init_weights": initialise}
    return {"image_size": input_size[0]} if name.startswith("vit_") else {}


class _Transforms(Protocol):
    """torchvision's preset for classification: resize, centre crop, normalise."""

    crop_size: list[int]
    resize_size: list[int]
    mean: list[float]
    std: list[float]
    interpolation: Enum


class _Weights(Protocol):
    """A member of one of torchvision's enumerations of weights."""

    name: str
    url: str
    meta: Mapping[str, Any]

    def transforms(self) -> _Transforms: ...


def _models() -> ModuleType:
    from torchvision import models  # type: ignore[import-untyped] # torchvision ships no types

    return models  # type: ignore[no-any-return]


def _default(name: str) -> _Weights:
    default: _Weights = _models().get_model_weights(name).DEFAULT
    return default


def _macs(weights: _Weights) -> int | None:
    """torchvision counts in thousand millions, with three digits behind the point."""
    giga = weights.meta.get("_ops")
    return round(giga * 1e9) if giga else None


def _published(weights: _Weights) -> PublishedWeights:
    file = cached_file(weights.url)
    data, metrics = next(iter(weights.meta["_metrics"].items()))
    info = WeightsInfo(weights.name, weights.meta["_file_size"], file.is_file(), metrics["acc@1"], data)
    return PublishedWeights(
        info=info,
        title=f"{data} ({weights.name})",
        preprocessing=_preprocessing(weights.transforms()),
        class_names=tuple(weights.meta["categories"]),
        file=file,
        url=weights.url,
    )


def _preprocessing(transforms: _Transforms) -> Preprocessing:
    (crop,), (resize,) = transforms.crop_size, transforms.resize_size
    interpolation: Interpolation = transforms.interpolation.value
    return Preprocessing(
        input_size=(crop, crop),
        resize=resize,
        interpolation=interpolation,
        mean=tuple(transforms.mean),
        std=tuple(transforms.std),
    )


def _title(name: str) -> str:
    """The name as its authors write it, nearly: "squeezenet1_1" is "SqueezeNet 1.1"."""
    dotted = re.sub(r"(?<!\d)(\d)_(\d)", r"\1.\2", name)
    words = re.sub(r"(resnet|resnext|vgg|densenet|squeezenet|mnasnet)(?=\d)", r"\1_", dotted).split("_")
    return " ".join(map(_spelled, words))


def _spelled(word: str) -> str:
    if re.fullmatch(r"x[\d.]+", word):
        return word
    short = len(word) <= 3 or re.fullmatch(r"[\d.]+[gm]f", word)
    return _SPELLINGS.get(word) or (word.upper() if short else word.capitalize())
