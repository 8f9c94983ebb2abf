"""Networks of timm, where it is installed (extra ``timm``). Only the functions import it: that takes seconds."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import torch
from torch import Tensor, nn

from cnnviz.core.arrays import Size
from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.published import PublishedWeights, Recipe
from cnnviz.core.networks.values import Interpolation, NetworkEntry, Preprocessing, WeightsInfo

PREFIX = "timm/"
_HUB = "https://huggingface.co/{repository}/resolve/main/{file}"
_FILE = "model.safetensors"
_INTERPOLATIONS = frozenset({"nearest", "bilinear", "bicubic"})


class TimmFamily:
    """Names are timm's own behind ``timm/``. Weights are timm's on the Hugging Face hub, a tag each."""

    def has(self, name: str) -> bool:
        return name.startswith(PREFIX) and name in self.names()

    def names(self) -> tuple[str, ...]:
        return tuple(PREFIX + name for name in _weights_by_network())

    def entry(self, name: str) -> NetworkEntry:
        published, recipe = self.published(name), self.recipe(name)
        return NetworkEntry(
            name=name,
            title=name.removeprefix(PREFIX),
            origin="timm",
            input_size=recipe.preprocessing.input_size,
            channels=recipe.preprocessing.channels,
            weights=tuple(each.info for each in published),
        )

    def published(self, name: str) -> tuple[PublishedWeights, ...]:
        configurations = _weights_by_network()[name.removeprefix(PREFIX)]
        return tuple(_published(each) for each in configurations if _is_classifier(each))

    def recipe(self, name: str) -> Recipe:
        configurations = _weights_by_network()[name.removeprefix(PREFIX)]
        configuration = next(iter(configurations), None)
        return _recipe(configuration) if configuration else Recipe(Preprocessing())

    def build(self, name: str, input_size: Size, *, initialise: bool) -> nn.Module:  # noqa: ARG002 - timm always does
        try:
            module: nn.Module = _timm().create_model(name.removeprefix(PREFIX), pretrained=False)
        except Exception as error:  # a thousand networks' own code
            raise NetworkError(
                f"timm cannot make {name.removeprefix(PREFIX)}: {type(error).__name__}: {str(error)[:160]}",
                details=repr(error),
            ) from error
        return module

    def adapted(self, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002 - as timm saves them
        return dict(tensors)


def is_installed() -> bool:
    """Without importing it."""
    return importlib.util.find_spec("timm") is not None


def _timm() -> ModuleType:
    return importlib.import_module("timm")


@functools.cache
def _weights_by_network() -> Mapping[str, tuple[Any, ...]]:
    """timm's configurations of weights, its default first, for each of its networks."""
    if not is_installed():
        return {}
    timm = _timm()
    found: dict[str, list[Any]] = defaultdict(list)
    for name in timm.list_models(pretrained=True):
        found[name.partition(".")[0]].append(timm.get_pretrained_cfg(name))
    return {name: _default_first(found.get(name, []), timm.get_pretrained_cfg(name)) for name in timm.list_models()}


def _default_first(configurations: list[Any], default: Any) -> tuple[Any, ...]:  # noqa: ANN401 - timm ships no types
    tag = getattr(default, "tag", None)
    return tuple(sorted(configurations, key=lambda each: each.tag != tag))


def _is_classifier(configuration: Any) -> bool:  # noqa: ANN401
    """On the hub, in a form that is read without timm's own code, with a class for each output."""
    return bool(configuration.hf_hub_id and configuration.num_classes and not configuration.custom_load)


def _published(configuration: Any) -> PublishedWeights:  # noqa: ANN401
    repository, file = configuration.hf_hub_id, configuration.hf_hub_filename or _FILE
    kept = Path(torch.hub.get_dir()) / "checkpoints" / f"{repository.replace('/', '--')}--{Path(file).name}"
    recipe, tag = _recipe(configuration), configuration.tag or "default"
    return PublishedWeights(
        info=WeightsInfo(tag, megabytes=0.0, cached=kept.is_file(), data=_data(configuration)),
        title=f"timm ({tag})",
        preprocessing=recipe.preprocessing,
        class_names=recipe.class_names,
        file=kept,
        url=_HUB.format(repository=repository, file=file),
    )


def _data(configuration: Any) -> str:  # noqa: ANN401
    return "ImageNet-1K" if configuration.num_classes == 1000 else f"{configuration.num_classes:,} classes"


def _recipe(configuration: Any) -> Recipe:  # noqa: ANN401
    channels, height, width = configuration.input_size
    interpolation = configuration.interpolation if configuration.interpolation in _INTERPOLATIONS else "bicubic"
    preprocessing = Preprocessing(
        input_size=(height, width),
        channels=1 if channels == 1 else 3,
        resize=math.floor(min(height, width) / configuration.crop_pct),
        fit="squash" if configuration.crop_mode == "squash" else "crop",
        interpolation=cast("Interpolation", interpolation),
        mean=tuple(configuration.mean),
        std=tuple(configuration.std),
    )
    return Recipe(preprocessing, _class_names(configuration.num_classes), "timm")


def _class_names(count: int) -> tuple[str, ...]:
    if count != 1000:
        return ()
    from cnnviz.core.networks.torchvision_family import imagenet_classes

    return imagenet_classes()
