"""Edits of a spec as pure functions: each gives a new spec, so that undo without limit is a list of specs.

A row is addressed by its path; a place to insert at is a path too, whose last number may be one past the end. Each edit
gives names that are taken a new number, and refuses a spec beyond ``limits``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.check import layer_count
from cnnviz.core.networks.spec.names import checked_name, fresh_name, named, prefix_of
from cnnviz.core.networks.spec.palette import kind_of
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec, Row, RowPath

Rows = tuple[Row, ...]


def row_at(spec: NetworkSpec, path: RowPath) -> Row:
    """The row at a path; NetworkError where there is none."""
    rows = rows_at(spec, path[:-1])
    if not path or not 0 <= path[-1] < len(rows):
        raise _no_row(path)
    return rows[path[-1]]


def rows_at(spec: NetworkSpec, path: RowPath) -> Rows:
    """The rows of the group at a path; the network's own for the empty path."""
    if not path:
        return spec.rows
    group = row_at(spec, path)
    if not isinstance(group, GroupRow):
        raise _no_row((*path, 0))
    return group.rows


def paths(spec: NetworkSpec) -> Iterator[RowPath]:
    """Every row's path, from first to last; a group's before its rows'."""
    return _paths(spec.rows, ())


def insert(spec: NetworkSpec, path: RowPath, *rows: Row) -> NetworkSpec:
    """With rows put before the one at ``path``."""
    start = path[-1] if path else -1

    def change(siblings: Rows) -> Rows:
        if not 0 <= start <= len(siblings):
            raise _no_row(path)
        return _spliced(siblings, start, start, rows)

    return _changed(spec, path[:-1], change)


def remove(spec: NetworkSpec, path: RowPath, count: int = 1) -> NetworkSpec:
    """Without ``count`` rows from ``path`` on."""
    _range(spec, path, count)
    return _changed(spec, path[:-1], lambda rows: rows[: path[-1]] + rows[path[-1] + count :])


def move(spec: NetworkSpec, path: RowPath, target: RowPath, count: int = 1) -> NetworkSpec:
    """With ``count`` rows from ``path`` on put before what is at ``target`` now. Into themselves is refused."""
    moved, depth = _range(spec, path, count), len(path) - 1
    if target[:depth] == path[:depth] and len(target) > depth + 1 and 0 <= target[depth] - path[depth] < count:
        raise NetworkError(f"{moved[0].name} cannot be moved into itself: choose a place outside it.")
    rows_at(spec, target[:-1])
    return insert(remove(spec, path, count), _without(target, path, count), *moved)


def duplicate(spec: NetworkSpec, path: RowPath, count: int = 1) -> NetworkSpec:
    """With a copy of ``count`` rows below them, under new names."""
    rows = _range(spec, path, count)
    return insert(spec, (*path[:-1], path[-1] + count), *rows)


def change_options(spec: NetworkSpec, path: RowPath, **options: object) -> NetworkSpec:
    """With some options of a layer or block changed; refuses values the palette does not allow."""
    row = row_at(spec, path)
    if isinstance(row, GroupRow):
        raise NetworkError(f"{row.name} is a group and has no options: change the rows in it.")
    return replace_row(spec, path, kind_of(row.kind).row(row.name, **{**row.options, **options}))


def replace_row(spec: NetworkSpec, path: RowPath, row: Row) -> NetworkSpec:
    """With another row at this path."""
    row_at(spec, path)
    return _changed(spec, path[:-1], lambda rows: _spliced(rows, path[-1], path[-1] + 1, (row,)))


def rename(spec: NetworkSpec, path: RowPath, name: str) -> NetworkSpec:
    """With a row called otherwise; refuses a name another row beside it has."""
    row = row_at(spec, path)
    siblings = rows_at(spec, path[:-1])
    if any(other.name == name for place, other in enumerate(siblings) if place != path[-1]):
        raise NetworkError(f"Another row is called {name!r} already: choose a name of its own.")
    return replace_row(spec, path, replace(row, name=checked_name(name)))


def group(spec: NetworkSpec, path: RowPath, count: int, repeat: int = 1, name: str = "") -> NetworkSpec:
    """With ``count`` rows from ``path`` on made one group that is repeated."""
    rows = _range(spec, path, count)
    made = GroupRow(name, rows, checked_repeat(repeat))
    return _changed(spec, path[:-1], lambda siblings: _spliced(siblings, path[-1], path[-1] + count, (made,)))


def ungroup(spec: NetworkSpec, path: RowPath) -> NetworkSpec:
    """With a group's rows in its place, once for each repetition."""
    made = _group_at(spec, path)
    if len(made.rows) * made.repeat > limits.ROWS:
        raise NetworkError(f"{made.name} would become more than {limits.ROWS:,} rows: repeat it less often first.")
    rows = made.rows * made.repeat
    return _changed(spec, path[:-1], lambda siblings: _spliced(siblings, path[-1], path[-1] + 1, rows))


def change_repeat(spec: NetworkSpec, path: RowPath, repeat: int) -> NetworkSpec:
    """With a group repeated so many times."""
    return replace_row(spec, path, replace(_group_at(spec, path), repeat=checked_repeat(repeat)))


def checked_repeat(repeat: int) -> int:
    """The number, if a group may be repeated so often."""
    if not 1 <= repeat <= limits.REPEAT:
        raise NetworkError(f"A group repeats 1 to {limits.REPEAT:,} times, not {repeat:,}.")
    return repeat


def _group_at(spec: NetworkSpec, path: RowPath) -> GroupRow:
    row = row_at(spec, path)
    if not isinstance(row, GroupRow):
        raise NetworkError(f"{row.name} is no group.")
    return row


def _range(spec: NetworkSpec, path: RowPath, count: int) -> Rows:
    rows = rows_at(spec, path[:-1])
    if not path or count < 1 or not 0 <= path[-1] <= len(rows) - count:
        raise _no_row(path)
    return rows[path[-1] : path[-1] + count]


def _changed(spec: NetworkSpec, path: RowPath, change: Callable[[Rows], Rows]) -> NetworkSpec:
    rows = _replaced(spec.rows, path, change)
    if row_count(rows) > limits.ROWS or layer_count(rows) > limits.LAYERS:
        raise NetworkError(
            f"That would be more than {limits.ROWS:,} rows, or {limits.LAYERS:,} with repetitions: "
            "a network of this program has at most so many."
        )
    if group_depth(rows) > limits.GROUP_DEPTH:
        raise NetworkError(f"Groups stand inside each other at most {limits.GROUP_DEPTH} deep.")
    return replace(spec, rows=rows)


def _replaced(rows: Rows, path: RowPath, change: Callable[[Rows], Rows]) -> Rows:
    if not path:
        return change(rows)
    group_row = rows[path[0]] if 0 <= path[0] < len(rows) else None
    if not isinstance(group_row, GroupRow):
        raise _no_row(path)
    inner = replace(group_row, rows=_replaced(group_row.rows, path[1:], change))
    return (*rows[: path[0]], inner, *rows[path[0] + 1 :])


def _spliced(rows: Rows, start: int, end: int, new: Rows) -> Rows:
    """With ``new`` instead of the rows from start to end, under names of their own."""
    taken = {row.name for row in (*rows[:start], *rows[end:])}
    result: list[Row] = []
    for row in named(new):
        name = row.name if row.name not in taken else fresh_name(_stem(row), taken)
        taken.add(name)
        result.append(replace(row, name=name))
    return (*rows[:start], *result, *rows[end:])


def _stem(row: Row) -> str:
    """Its name without number; a default name's where nothing is left."""
    return row.name.rstrip("0123456789") or prefix_of(row)


def _without(target: RowPath, path: RowPath, count: int) -> RowPath:
    """The target's path once ``count`` rows at ``path`` are gone."""
    depth = len(path) - 1
    behind = len(target) > depth and target[:depth] == path[:depth] and target[depth] > path[depth]
    if not behind:
        return target
    return (*target[:depth], max(path[depth], target[depth] - count), *target[depth + 1 :])


def row_count(rows: Rows) -> int:
    """Rows as written, groups among them, their rows counted once."""
    return sum(1 + (row_count(row.rows) if isinstance(row, GroupRow) else 0) for row in rows)


def group_depth(rows: Rows) -> int:
    """How many groups stand inside each other at most."""
    return max((1 + group_depth(row.rows) for row in rows if isinstance(row, GroupRow)), default=0)


def _paths(rows: Rows, path: RowPath) -> Iterator[RowPath]:
    for place, row in enumerate(rows):
        yield (*path, place)
        if isinstance(row, GroupRow):
            yield from _paths(row.rows, (*path, place))


def _no_row(path: RowPath) -> NetworkError:
    return NetworkError(f"There is no row at {'.'.join(map(str, path)) or 'the top'} of this network.")
