"""What the registry knows of a network and its published weights before anything is built."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor, nn

from cnnviz.core.arrays import Size
from cnnviz.core.networks.values import NetworkEntry, Preprocessing, WeightsInfo


@dataclass(frozen=True)
class Recipe:
    """How pictures become a network's input, and what its classes are called. ``source``: whose these are, in words."""

    preprocessing: Preprocessing
    class_names: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class PublishedWeights:
    """A published set of weights. ``file``: where it is, or will be once it is fetched from ``url``."""

    info: WeightsInfo
    title: str
    preprocessing: Preprocessing
    class_names: tuple[str, ...]
    file: Path
    url: str = ""

    @property
    def recipe(self) -> Recipe:
        return Recipe(self.preprocessing, self.class_names, self.title)


class Family(Protocol):
    """Networks that come from one place and are built in one way."""

    def has(self, name: str) -> bool:
        """Whether it has this network: quick, and without importing its library for names that cannot be its."""

    def names(self) -> tuple[str, ...]:
        """Every network it has; none where its library is not installed."""

    def entry(self, name: str) -> NetworkEntry:
        """What is known of a network without building it."""

    def published(self, name: str) -> tuple[PublishedWeights, ...]:
        """Sets of weights, the default first; none where nobody published any."""

    def recipe(self, name: str) -> Recipe:
        """For a network whose weights are not published."""

    def build(self, name: str, input_size: Size, *, initialise: bool) -> nn.Module:
        """The module, for pictures of this size where it makes a difference.

        ``initialise`` False: weights are loaded next, so that a costly initialisation may be left out.
        """

    def adapted(self, name: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A file's tensors under the names this module gives them."""
