"""A spec as modules with their arguments, still data: what is built, and what is written out as source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec.check import RowReport, check
from cnnviz.core.networks.spec.kinds import Join, LayerKind, ModuleCall, Work
from cnnviz.core.networks.spec.palette import kind_of
from cnnviz.core.networks.spec.rows import GroupRow, LayerRow, NetworkSpec, Row, Shape, Size
from cnnviz.core.networks.spec.work import Step, block_steps, work_of


@dataclass(frozen=True)
class Leaf:
    """One module of ``torch.nn``."""

    name: str
    call: ModuleCall


@dataclass(frozen=True)
class Chain:
    """Modules one after the other; repetitions are called 0, 1, 2 …"""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Branches:
    """Modules side by side on one input. A chain without parts hands the input on."""

    name: str
    operation: Literal["sum", "concat", "product"]
    chains: tuple[Chain, ...]


Part = Leaf | Chain | Branches


def plan(spec: NetworkSpec, input_size: Size | None = None) -> Chain:
    """The whole network, for its own input or pictures of ``input_size``; NetworkError names the first problem."""
    report = check(spec, input_size)
    if not report.possible:
        path, problem = report.problems[0]
        where = _names(report.rows, path) or "The network"
        raise NetworkError(f"{spec.title} cannot be built. {where}: {problem}.")
    channels, *sides = spec.input_shape
    return Chain("", _parts(spec.rows, (channels, *(input_size or sides)))[0])


def _names(reports: tuple[RowReport, ...], path: tuple[int, ...]) -> str:
    names: list[str] = []
    for place in path:
        names.append(reports[place].name)
        reports = reports[place].inner
    return ".".join(names)


def _parts(rows: tuple[Row, ...], shape: Shape) -> tuple[tuple[Part, ...], Shape]:
    parts: list[Part] = []
    for row in rows:
        part, shape = _group(row, shape) if isinstance(row, GroupRow) else _layer(row, shape)
        parts.append(part)
    return tuple(parts), shape


def _group(row: GroupRow, shape: Shape) -> tuple[Chain, Shape]:
    rounds: list[Chain] = []
    for number in range(row.repeat):
        parts, shape = _parts(row.rows, shape)
        rounds.append(Chain(str(number), parts))
    return Chain(row.name, rounds[0].parts if row.repeat == 1 else tuple(rounds)), shape


def _layer(row: LayerRow, shape: Shape) -> tuple[Part, Shape]:
    work = work_of(row, shape)
    if not isinstance(work, Work):
        raise NetworkError(f"{row.name}: {work}.")
    kind = kind_of(row.kind)
    if isinstance(kind, LayerKind):
        return Leaf(row.name, kind.module(row.options, shape)), work.shape
    return Chain(row.name, _stepped(block_steps(row, shape), shape)), work.shape


def _stepped(steps: tuple[Step, ...], shape: Shape) -> tuple[Part, ...]:
    parts: list[Part] = []
    for step in steps:
        if isinstance(step.node, Join):
            branches = zip(step.node.branches, step.branches, strict=True)
            chains = tuple(Chain(name, _stepped(inner, shape)) for (name, _), inner in branches)
            parts.append(Branches(step.node.name, step.node.operation, chains))
        else:
            parts.append(_layer(step.node, shape)[0])
        shape = step.work.shape
    return tuple(parts)
