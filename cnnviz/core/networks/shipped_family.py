"""The networks that ship with the program; needs no torchvision, so that the first start is quick."""

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from cnnviz.core.arrays import Size
from cnnviz.core.networks.published import PublishedWeights, Recipe
from cnnviz.core.networks.shipped import cifar10_small, convnet_mnist
from cnnviz.core.networks.values import NetworkEntry, Preprocessing, WeightsInfo
from cnnviz.core.resources import resource_path

_BUILDERS: Mapping[str, Callable[[], nn.Module]] = {"convnet-mnist": convnet_mnist, "cifar10-small": cifar10_small}
SHIPPED = frozenset(_BUILDERS)


@dataclass(frozen=True)
class _Costs:
    """What would need the network to be built; tests count it anew."""

    depth: int
    macs: int


_COSTS: Mapping[str, _Costs] = {"convnet-mnist": _Costs(4, 3_100_032), "cifar10-small": _Costs(8, 42_174_336)}


class ShippedFamily:
    """Modules of ``shipped``, weights and facts from the program's resources."""

    def has(self, name: str) -> bool:
        return name in SHIPPED

    def names(self) -> tuple[str, ...]:
        return tuple(_BUILDERS)

    def entry(self, name: str) -> NetworkEntry:
        weights, facts = _published(name), _facts(name)
        preprocessing = weights.preprocessing
        return NetworkEntry(
            name=name,
            title=str(facts["title"]),
            origin="cnnviz",
            parameters=int(facts["parameters"]),
            input_size=preprocessing.input_size,
            channels=preprocessing.channels,
            weights=(weights.info,),
            depth=_COSTS[name].depth,
            macs=_COSTS[name].macs,
        )

    def published(self, name: str) -> tuple[PublishedWeights, ...]:
        return (_published(name),)

    def recipe(self, name: str) -> Recipe:
        return _published(name).recipe

    def build(self, name: str, input_size: Size, *, initialise: bool) -> nn.Module:  # noqa: ARG002 - one size, quick
        return _BUILDERS[name]()

    def adapted(self, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002 - one layout only
        return dict(tensors)


@functools.cache
def _facts(name: str) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(resource_path("networks", f"{name}.json").read_text(encoding="utf-8"))
    return facts


def _published(name: str) -> PublishedWeights:
    facts, file = _facts(name), resource_path("networks", f"{name}.safetensors")
    info = WeightsInfo(
        name="shipped",
        megabytes=file.stat().st_size / 2**20,
        cached=True,
        accuracy=float(facts["accuracy"]),
        data=str(facts["data"]),
    )
    return PublishedWeights(
        info=info,
        title="weights that ship with the program",
        preprocessing=_preprocessing(facts["preprocessing"]),
        class_names=tuple(facts["class_names"]),
        file=file,
    )


def _preprocessing(fields: Mapping[str, Any]) -> Preprocessing:
    height, width = fields["input_size"]
    return Preprocessing(
        **{**fields, "input_size": (height, width), "mean": tuple(fields["mean"]), "std": tuple(fields["std"])}
    )
