"""The course's networks, built from their specs. None of them has published weights that fit it exactly."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from torch import Tensor, nn

from cnnviz.core.arrays import Size
from cnnviz.core.networks.build import build, preprocessing_of
from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.published import PublishedWeights, Recipe
from cnnviz.core.networks.shipped_family import SHIPPED
from cnnviz.core.networks.spec.check import check
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.values import NetworkEntry


class ClassicsFamily:
    """Specs of ``classics``, but for the one that ships with weights."""

    def has(self, name: str) -> bool:
        return name in CLASSICS and name not in SHIPPED

    def names(self) -> tuple[str, ...]:
        return tuple(name for name in CLASSICS if self.has(name))

    def entry(self, name: str) -> NetworkEntry:
        classic, spec = CLASSICS[name], _spec(name)
        report = check(spec)
        channels, height, width = spec.input_shape
        return NetworkEntry(
            name=name,
            title=classic.title,
            origin="course",
            parameters=report.parameters,
            input_size=(height, width),
            channels=channels,
            year=classic.year,
            depth=classic.depth,
            macs=report.macs,
            accuracy=published_accuracy(classic.accuracy),
            note="; ".join(filter(None, (classic.accuracy, classic.notes))),
        )

    def published(self, name: str) -> tuple[PublishedWeights, ...]:  # noqa: ARG002 - the same for all
        return ()

    def recipe(self, name: str) -> Recipe:
        spec = _spec(name)
        return Recipe(preprocessing_of(spec), spec.class_names or _usual_names(spec), "the course")

    def build(self, name: str, input_size: Size, *, initialise: bool) -> nn.Module:  # noqa: ARG002 - always quick enough
        return build(_spec(name), input_size)

    def adapted(self, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:  # noqa: ARG002 - one layout only
        return dict(tensors)


@functools.cache
def _spec(name: str) -> NetworkSpec:
    return CLASSICS[name].spec()


def published_accuracy(words: str) -> float | None:
    """The number that "57.1 % top-1 on ImageNet (…)" begins with."""
    number = words.partition(" %")[0]
    return float(number) if number else None


def _usual_names(spec: NetworkSpec) -> tuple[str, ...]:
    """ImageNet's class names, which torchvision keeps, for a network with as many outputs."""
    if check(spec).output_shape != (1000,):
        return ()
    from cnnviz.core.networks.torchvision_family import imagenet_classes

    return imagenet_classes()
