"""What one row makes of one input, blocks and groups included. Remembered, so that an edit costs what it changes."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.field import POINT, joined
from cnnviz.core.networks.spec.kinds import BlockKind, ImpossibleRow, Join, LayerKind, Node, Problem, Work
from cnnviz.core.networks.spec.options import Options
from cnnviz.core.networks.spec.palette import kind_of
from cnnviz.core.networks.spec.rows import LayerRow, Shape

_REMEMBERED = 20_000


@dataclass(frozen=True)
class Step:
    """One node of a block and what it makes of its input."""

    node: Node
    work: Work
    branches: tuple[tuple[Step, ...], ...] = ()  # of a join


def work_of(row: LayerRow, shape: Shape) -> Work | Problem:
    """What a layer or block makes of this input, or why it cannot."""
    return _work(row.kind, row.options, shape)


def block_steps(row: LayerRow, shape: Shape) -> tuple[Step, ...]:
    """A block's own nodes in order, none of a layer; raises ImpossibleRow where one cannot be."""
    return _block_steps(row.kind, row.options, shape)


@functools.lru_cache(maxsize=_REMEMBERED)
def _work(name: str, options: Options, shape: Shape) -> Work | Problem:
    """Whatever the row is called: rows that are alike are computed once."""
    kind = kind_of(name)
    try:
        if isinstance(kind, LayerKind):
            return _limited(kind.work(options, shape))
        return _limited(total([step.work for step in _block_steps(name, options, shape)], shape))
    except ImpossibleRow as impossible:
        return impossible.problem


@functools.lru_cache(maxsize=_REMEMBERED)
def _block_steps(name: str, options: Options, shape: Shape) -> tuple[Step, ...]:
    kind = kind_of(name)
    return _steps(kind.expand(options, shape), shape) if isinstance(kind, BlockKind) else ()


def _steps(nodes: tuple[Node, ...], shape: Shape) -> tuple[Step, ...]:
    steps: list[Step] = []
    for node in nodes:
        steps.append(_join_step(node, shape) if isinstance(node, Join) else _layer_step(node, shape))
        shape = steps[-1].work.shape
    return tuple(steps)


def _layer_step(row: LayerRow, shape: Shape) -> Step:
    work = work_of(row, shape)
    if isinstance(work, Problem):
        raise ImpossibleRow(f"in {row.name}: {work.reason}", work.fix)
    return Step(row, work)


def _join_step(join: Join, shape: Shape) -> Step:
    branches = tuple(_steps(nodes, shape) for _, nodes in join.branches)
    works = [total([step.work for step in steps], shape) for steps in branches]
    output = _joined_shape(join, [work.shape for work in works])
    parts = _added(works)
    field = joined(tuple(work.field for work in works))
    return Step(
        join,
        Work(
            output,
            _join_formula(join, works),
            parts.parameters,
            "",
            parts.macs,
            "",
            parts.values + math.prod(output),
            parts.buffers,
            field,
        ),
        branches,
    )


def _joined_shape(join: Join, shapes: list[Shape]) -> Shape:
    if join.operation == "product":
        return shapes[0]
    if join.operation == "concat":
        _same({shape[1:] for shape in shapes}, join)
        return (sum(shape[0] for shape in shapes), *shapes[0][1:])
    _same(set(shapes), join)
    return shapes[0]


def _same(shapes: set[Shape], join: Join) -> None:
    if len(shapes) > 1:
        found = " and ".join(sorted("×".join(map(str, shape)) for shape in shapes))
        raise ImpossibleRow(
            f"the branches of {join.name} have different sizes: {found}", "use odd kernels and stride 1"
        )


def _join_formula(join: Join, works: list[Work]) -> str:
    if join.operation == "concat":
        channels = [work.shape[0] for work in works]
        return f"{' + '.join(map(str, channels))} = {sum(channels)} maps"
    return "as each branch" if join.operation == "sum" else "as the input"


def total(works: list[Work], shape: Shape) -> Work:
    """Several one after the other on an input of this shape; ``values`` and ``parameters`` are sums."""
    output, field = shape, POINT
    for work in works:
        output, field = work.shape, work.field.after(field)
    added = _added(works)
    formula = works[-1].formula if works else "as the input"
    return Work(
        output, formula, added.parameters, _sum_formula(works), added.macs, "", added.values, added.buffers, field
    )


def _sum_formula(works: Iterable[Work]) -> str:
    counts = [work.parameters for work in works if work.parameters]
    return f"{' + '.join(f'{count:,}' for count in counts)} = {sum(counts):,}" if 1 < len(counts) <= 12 else ""


def _added(works: Iterable[Work]) -> Work:
    parameters = macs = values = buffers = 0
    for work in works:
        parameters, macs = parameters + work.parameters, macs + work.macs
        values, buffers = values + work.values, buffers + work.buffers
    return Work((), parameters=parameters, macs=macs, values=values, buffers=buffers)


def _limited(work: Work) -> Work:
    if work.parameters > limits.PARAMETERS:
        raise ImpossibleRow(f"{work.parameters:,} parameters", f"at most {limits.PARAMETERS:,} can be built")
    if work.values > limits.ACTIVATIONS:
        raise ImpossibleRow(
            f"{work.values:,} values for one picture", f"at most {limits.ACTIVATIONS:,} can be computed"
        )
    return work
