"""What a choice of the registry means: whose network, which weights, how pictures are prepared."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnviz.core.arrays import Size
from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.classics_family import ClassicsFamily
from cnnviz.core.networks.published import Family, PublishedWeights, Recipe
from cnnviz.core.networks.shipped_family import ShippedFamily
from cnnviz.core.networks.timm_family import PREFIX, TimmFamily, is_installed
from cnnviz.core.networks.torchvision_family import TorchvisionFamily
from cnnviz.core.networks.values import NetworkChoice, Preprocessing

FAMILIES: tuple[Family, ...] = (ShippedFamily(), ClassicsFamily(), TorchvisionFamily(), TimmFamily())
_LARGEST_INPUT = 4096
_USUAL_RECIPE = "IMAGENET1K_V1"  # its shorter side of 256 and crop of 224; later sets are evaluated with other sizes


@dataclass(frozen=True)
class Plan:
    """``reference``: the published set that is asked for or that gives the recipe; None where there is none."""

    choice: NetworkChoice
    family: Family
    title: str
    reference: PublishedWeights | None
    recipe: Recipe
    preprocessing: Preprocessing

    @property
    def random(self) -> bool:
        return not self.choice.weights_file and not self.published

    @property
    def published(self) -> bool:
        return self.reference is not None and not self.choice.weights_file and self.choice.weights != "none"

    @property
    def file(self) -> Path:
        return self.reference.file if self.reference and self.published else Path(self.choice.weights_file)

    @property
    def built_size(self) -> Size:
        """Published weights are for one size; what the user overrides is tried on the network they make."""
        return (self.recipe if self.published else self).preprocessing.input_size

    @property
    def weights_title(self) -> str:
        if self.random:
            return f"random, seed {self.choice.seed}"
        return self.reference.title if self.reference and self.published else f"file {self.file.name}"


def plan_of(choice: NetworkChoice) -> Plan:
    """Raises NetworkError for a name or weights that nobody knows, or a preprocessing that cannot be."""
    family = family_of(choice.name)
    reference = _reference(choice, family)
    recipe = reference.recipe if reference else family.recipe(choice.name)
    title = family.entry(choice.name).title
    return Plan(choice, family, title, reference, recipe, checked(choice.preprocessing, recipe.preprocessing))


def family_of(name: str) -> Family:
    """The program's own networks are asked first: torchvision is imported only for others."""
    family = next((family for family in FAMILIES if family.has(name)), None)
    if family is None:
        raise _unknown(name)
    return family


def _unknown(name: str) -> NetworkError:
    if name.startswith(PREFIX) and not is_installed():
        return NetworkError(f'{name[:80]} is a network of timm, which is not installed: pip install "cnnviz[timm]".')
    known = [name for family in FAMILIES for name in family.names()]
    near = difflib.get_close_matches(name.lower(), known, n=3, cutoff=0.5)
    words = f"did you mean {' or '.join(near)}?" if near else f"choose one of {known[0]}, {known[1]}, {known[2]}, …"
    return NetworkError(f"There is no network {name[:80]!r}: {words}", details="\n".join(known))


def _reference(choice: NetworkChoice, family: Family) -> PublishedWeights | None:
    published = family.published(choice.name)
    if choice.weights_file:
        return _reference_for_file(Path(choice.weights_file).name, published)
    if choice.weights in {"default", "none"}:
        return next(iter(published), None)
    found = next((weights for weights in published if weights.info.name == choice.weights), None)
    if found is None:
        allowed = ", ".join(["default", "none", *(weights.info.name for weights in published)])
        raise NetworkError(f"{choice.name} has no published weights {choice.weights[:80]!r}: choose one of {allowed}.")
    return found


def _reference_for_file(file: str, published: Sequence[PublishedWeights]) -> PublishedWeights | None:
    """The set this file is by its name, or else the one with the recipe that most people's weights share."""
    same_file = (weights for weights in published if weights.file.name == file)
    usual = (weights for weights in published if weights.info.name == _USUAL_RECIPE)
    return next(same_file, None) or next(usual, None) or next(iter(published), None)


def checked(wanted: Preprocessing | None, own: Preprocessing) -> Preprocessing:
    """The preprocessing the user wants, if a network with this one of its own can take it."""
    if wanted is None:
        return own
    if wanted.channels != own.channels or not len(wanted.mean) == len(wanted.std) == wanted.channels:
        raise NetworkError(f"This network takes {own.channels} channels: give as many means and standard deviations.")
    if not all(map(math.isfinite, (*wanted.mean, *wanted.std))) or min(wanted.std) <= 0:
        raise NetworkError("Means must be finite and standard deviations above 0.")
    sides = (*wanted.input_size, *((wanted.resize,) if wanted.resize is not None else ()))
    if not all(1 <= side <= _LARGEST_INPUT for side in sides):
        raise NetworkError(f"The input and resize sides {sides} must lie between 1 and {_LARGEST_INPUT} pixels.")
    return wanted
