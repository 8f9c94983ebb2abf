"""The stages of a network, found from the paths of its layers: resolution changes between them. Needs no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cnnviz.core.networks.values import LayerInfo
from cnnviz.core.training.transfer_values import Stage

_FEWEST_BLOCKS = 4  # before the head; with fewer, the largest container is looked into
_MOST_BLOCKS = 5  # between two pools: more are no stage but a network's whole later part


@dataclass(frozen=True)
class Leaf:
    """A layer that has parameters of its own, or none inside it. ``kind``: its class. In the order of registration."""

    path: str
    kind: str
    parameters: int


@dataclass(frozen=True)
class _Block:
    path: str
    leaves: tuple[Leaf, ...]

    @property
    def parameters(self) -> int:
        return sum(each.parameters for each in self.leaves)

    @property
    def layers(self) -> int:
        return sum(each.parameters > 0 for each in self.leaves)

    @property
    def is_layer(self) -> bool:
        return all(each.path == self.path for each in self.leaves)

    def is_of(self, *words: str) -> bool:
        """Whether it is one layer whose class has one of these words in its name."""
        return self.is_layer and any(word in self.leaves[0].kind.lower() for word in words)


def leaves_of_layers(layers: Iterable[LayerInfo]) -> tuple[Leaf, ...]:
    """Of a network's structure, as the live window has it."""
    found = {
        each.path: Leaf(each.path, each.kind, each.parameters) for each in layers if each.leaf and not each.function
    }
    return tuple(found.values())


def head_path(leaves: Sequence[Leaf]) -> str:
    """The last linear layer or convolution; "" where there is none."""
    heads = [each.path for each in leaves if each.parameters and ("linear" in each.kind.lower() or _is_conv(each))]
    return heads[-1] if heads else ""


def _is_conv(leaf: Leaf) -> bool:
    return leaf.kind.lower().startswith("conv")


def find_stages(leaves: Sequence[Leaf]) -> tuple[Stage, ...]:
    """At least one, the head last; of a network with at least one layer that has parameters.

    Stages are what lies between two pools where there are several, else the root's children; where these are too few
    (torchvision's ``features``), the largest is looked into. A norm belongs to the layer before it.
    """
    head = head_path(leaves)
    blocks = _opened(_inside(_Block("", tuple(leaves))), head)
    body = [each for each in blocks if each.path != head]
    groups = _between_pools(body) or _each_alone(body)
    stages = [_stage(group) for group in groups] + [_stage([each]) for each in blocks if each.path == head]
    loose = sum(each.parameters for each in leaves) - sum(each.parameters for each in stages)
    return (replace(stages[0], parameters=stages[0].parameters + loose), *stages[1:])


def stage_of(name: str, stages: Sequence[Stage]) -> int:
    """Which stage the parameter of this name is in; what no layer has belongs to the first."""
    for index, stage in enumerate(stages):
        if any(name.startswith(f"{layer}.") for layer in stage.layers):
            return index
    return 0


def _inside(block: _Block) -> list[_Block]:
    """Its children. Parameters of its own are in none of them."""
    start = f"{block.path}." if block.path else ""
    children: dict[str, list[Leaf]] = {}
    for leaf in block.leaves:
        if leaf.path != block.path:
            child = start + leaf.path[len(start) :].split(".", 1)[0]
            children.setdefault(child, []).append(leaf)
    return [_Block(path, tuple(found)) for path, found in children.items()]


def _opened(blocks: list[_Block], head: str) -> list[_Block]:
    """Until the head stands alone and there are enough blocks beside it, or nothing is left to look into."""
    while True:
        body = [each for each in blocks if each.parameters and each.path != head]
        around = [each for each in body if head.startswith(f"{each.path}.")]
        large = [each for each in body if not each.is_layer] if len(body) < _FEWEST_BLOCKS else []
        candidates = around or large
        if not candidates:
            return blocks
        chosen = max(candidates, key=lambda each: each.layers)
        place = blocks.index(chosen)
        blocks = [*blocks[:place], *_inside(chosen), *blocks[place + 1 :]]


def _between_pools(blocks: Sequence[_Block]) -> list[list[_Block]]:
    """Empty where fewer than two pools, or long parts without any, tell that pools make no stages here."""
    groups: list[list[_Block]] = [[]]
    for block in blocks:
        if block.is_of("pool") and not block.is_of("adaptive"):
            groups.append([])
        elif block.parameters:
            groups[-1].append(block)
    longest = max(sum(not each.is_of("norm") for each in group) for group in groups)
    return [group for group in groups if group] if len(groups) > 2 and longest <= _MOST_BLOCKS else []


def _each_alone(blocks: Sequence[_Block]) -> list[list[_Block]]:
    groups: list[list[_Block]] = []
    for block in blocks:
        if not block.parameters:
            continue
        if groups and block.is_of("norm"):
            groups[-1].append(block)
        else:
            groups.append([block])
    return groups


def _stage(blocks: Sequence[_Block]) -> Stage:
    first, last = blocks[0].path, blocks[-1].path
    name = first if first == last else f"{first} … {last}"
    return Stage(name, tuple(each.path for each in blocks), sum(each.parameters for each in blocks))
