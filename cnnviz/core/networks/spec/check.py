"""Every row's size, cost and view, or its problem, at each keystroke: ``check``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.field import POINT, RowField
from cnnviz.core.networks.spec.kinds import Join, Problem, Work
from cnnviz.core.networks.spec.names import name_problem
from cnnviz.core.networks.spec.rows import GroupRow, LayerRow, NetworkSpec, Row, Shape, Size
from cnnviz.core.networks.spec.work import Step, block_steps, total, work_of

BYTES = 4  # of a float32 value


@dataclass(frozen=True)
class RowReport:
    """What a row makes of its input, for one picture.

    ``shape`` None: it has a ``problem``. The rows below are then computed as if it were left out; their ``assumes`` is
    its name. A group with a problem inside it and a row that is only misnamed still have a shape. ``memory``: bytes of
    the outputs of all layers in it. ``trainable``: all its parameters, as nothing is frozen in a spec. ``inner``: of a
    group, the reports of its rows in repetition number ``repetition`` (0, or the first that has a problem).
    """

    row: Row
    input_shape: Shape
    shape: Shape | None
    formula: str = ""
    parameters: int = 0
    parameter_formula: str = ""
    macs: int = 0
    macs_formula: str = ""
    memory: int = 0
    buffers: int = 0
    receptive_field: RowField = POINT
    problem: Problem | None = None
    assumes: str = ""
    inner: tuple[RowReport, ...] = ()
    repetition: int = 0
    entering: RowField = field(default=POINT, repr=False)  # what a cell of its input sees

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def trainable(self) -> int:
        return self.parameters

    @property
    def layers(self) -> tuple[LayerReport, ...]:
        """Of a block, the layers it is made of; of any other row, none."""
        if not isinstance(self.row, LayerRow) or self.shape is None:
            return ()
        return _layer_reports(block_steps(self.row, self.input_shape), self.entering, "")


@dataclass(frozen=True)
class LayerReport:
    """A layer or a join inside a block; ``name`` is its path inside the block."""

    name: str
    kind: str
    shape: Shape
    formula: str
    parameters: int
    macs: int
    memory: int
    receptive_field: RowField


@dataclass(frozen=True)
class SpecReport:
    """``output_shape``: of the last row, those with problems left out. Sums are over the rows without problem."""

    rows: tuple[RowReport, ...]
    output_shape: Shape
    parameters: int
    macs: int
    memory: int
    buffers: int
    problems: tuple[tuple[tuple[int, ...], Problem], ...]  # (path of the row, what is wrong), from first to last

    @property
    def trainable(self) -> int:
        return self.parameters

    @property
    def possible(self) -> bool:
        return not self.problems

    def at(self, path: tuple[int, ...]) -> RowReport:
        """The report of the row at a path."""
        report = self.rows[path[0]]
        for place in path[1:]:
            report = report.inner[place]
        return report


def check(spec: NetworkSpec, input_size: Size | None = None) -> SpecReport:
    """All rows, for the spec's own input or for pictures of ``input_size`` (height, width). Never raises."""
    channels, *sides = spec.input_shape
    layers = layer_count(spec.rows)
    walk = _Walker(unrolled=layers <= limits.LAYERS).walk(spec.rows, (channels, *(input_size or sides)), POINT, "")
    problems = tuple(_problems(walk.reports, ())) or _too_large(walk.work, layers)
    work = walk.work
    return SpecReport(walk.reports, work.shape, work.parameters, work.macs, BYTES * work.values, work.buffers, problems)


@dataclass(frozen=True)
class _Walk:
    """Rows one after the other: their reports, all their work, what the last one's cells see, who was left out."""

    reports: tuple[RowReport, ...]
    work: Work
    seen: RowField
    assumes: str


@dataclass(frozen=True)
class _Walker:
    """``unrolled``: groups are repeated; a network of too many layers is walked through once only."""

    unrolled: bool

    def walk(self, rows: tuple[Row, ...], shape: Shape, seen: RowField, assumes: str) -> _Walk:
        reports: list[RowReport] = []
        works: list[Work] = []
        names: set[str] = set()
        current = shape
        for row in rows:
            report, work = self._row(row, current, seen, assumes)
            works.append(work)
            current, seen = work.shape, report.receptive_field
            assumes = assumes or (row.name if report.problem else "")
            problem = report.problem or name_problem(row.name, names)
            reports.append(replace(report, problem=problem) if problem else report)
            names.add(row.name)
        return _Walk(tuple(reports), total(works, shape), seen, assumes)

    def _row(self, row: Row, shape: Shape, seen: RowField, assumes: str) -> tuple[RowReport, Work]:
        if isinstance(row, GroupRow):
            return self._group(row, shape, seen, assumes)
        work = work_of(row, shape)
        if isinstance(work, Problem):
            report = RowReport(row, shape, None, problem=work, assumes=assumes, receptive_field=seen, entering=seen)
            return report, Work(shape)
        return _reported(row, shape, seen, assumes, work), work

    def _group(self, row: GroupRow, shape: Shape, seen: RowField, assumes: str) -> tuple[RowReport, Work]:
        walk = shown = self.walk(row.rows, shape, seen, assumes)
        works, repetition, current = [walk.work], 0, walk.work.shape
        while len(works) < (row.repeat if self.unrolled else 1):
            if current == (shape if len(works) == 1 else works[-2].shape):  # from here on nothing changes
                works += [works[-1]] * (row.repeat - len(works))
                break
            walk = self.walk(row.rows, current, walk.seen, assumes)
            if not _broken(shown.reports) and _broken(walk.reports):
                shown, repetition = walk, len(works)
            works.append(walk.work)
            current = walk.work.shape
        work = total(works, shape)
        report = _reported(row, shape, seen, assumes, work)
        problem = _first_problem(shown.reports)
        return replace(report, inner=shown.reports, repetition=repetition, problem=problem), work


def _reported(row: Row, shape: Shape, seen: RowField, assumes: str, work: Work) -> RowReport:
    return RowReport(
        row,
        shape,
        work.shape,
        work.formula,
        work.parameters,
        work.parameter_formula,
        work.macs,
        work.macs_formula,
        BYTES * work.values,
        work.buffers,
        work.field.after(seen),
        assumes=assumes,
        entering=seen,
    )


def _broken(reports: tuple[RowReport, ...]) -> bool:
    return any(report.problem for report in reports)


def _first_problem(reports: tuple[RowReport, ...]) -> Problem | None:
    """A group's own: that of the first row inside it that has one."""
    report = next((report for report in reports if report.problem), None)
    if report is None or report.problem is None:
        return None
    return Problem(f"{report.name}: {report.problem.reason}", report.problem.fix)


def _problems(reports: tuple[RowReport, ...], path: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], Problem]]:
    for place, report in enumerate(reports):
        inside = list(_problems(report.inner, (*path, place)))
        yield from inside
        if report.problem and not inside:
            yield (*path, place), report.problem


def _too_large(work: Work, layers: int) -> tuple[tuple[tuple[int, ...], Problem], ...]:
    """Of the whole network, whose path is empty."""
    found = (
        (layers, limits.LAYERS, "layers, repetitions counted"),
        (work.parameters, limits.PARAMETERS, "parameters"),
        (work.values, limits.ACTIVATIONS, "values for one picture"),
    )
    return tuple(
        ((), Problem(f"{count:,} {what}", f"at most {most:,} can be built"))
        for count, most, what in found
        if count > most
    )


def layer_count(rows: tuple[Row, ...]) -> int:
    """Layers and blocks, every repetition counted."""
    return sum(row.repeat * layer_count(row.rows) if isinstance(row, GroupRow) else 1 for row in rows)


def _layer_reports(steps: tuple[Step, ...], seen: RowField, prefix: str) -> tuple[LayerReport, ...]:
    reports: list[LayerReport] = []
    for step in steps:
        name = f"{prefix}{step.node.name}"
        after = step.work.field.after(seen)
        if isinstance(step.node, Join):
            for (branch, _), inner in zip(step.node.branches, step.branches, strict=True):
                reports += _layer_reports(inner, seen, f"{name}.{branch}.")
        kind = step.node.operation if isinstance(step.node, Join) else step.node.kind
        work = step.work
        memory = BYTES * math.prod(work.shape)
        reports.append(LayerReport(name, kind, work.shape, work.formula, work.parameters, work.macs, memory, after))
        seen = after
    return tuple(reports)
