"""The network under construction: every edit makes a new one, checks it, and can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.spec import edit
from cnnviz.core.networks.spec.check import SpecReport, check
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec, Row, RowPath
from cnnviz.gui.spec_history import SpecHistory, Step

Paths = tuple[RowPath, ...]
Change = Callable[[NetworkSpec], NetworkSpec]

EMPTY = NetworkSpec("Untitled", (1, 28, 28))


class SpecEditor(QObject):
    """``changed``: another network, checked. ``refused``: one sentence why an edit was not made."""

    changed = Signal()
    refused = Signal(str)

    def __init__(self, spec: NetworkSpec = EMPTY, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = SpecHistory(spec)
        self._report = check(spec)
        self._chosen: Paths = ((0,),) if spec.rows else ()

    @property
    def spec(self) -> NetworkSpec:
        return self._history.present.spec

    @property
    def report(self) -> SpecReport:
        """Of the present network."""
        return self._report

    @property
    def chosen(self) -> Paths:
        """The rows that edits without a path are made on, from first to last; no row inside another one."""
        return self._chosen

    @property
    def history(self) -> SpecHistory:
        return self._history

    def choose(self, paths: Iterable[RowPath]) -> None:
        """Ends a series of edits: the next keystroke in a field is a step of its own."""
        self._history.end_series()
        self._chosen = outermost(paths)

    # ------------------------------------------------------------------------------------------------------------ edits

    def load(self, spec: NetworkSpec, *, saved: bool) -> None:
        """Another network instead of the present one, which undo brings back. ``saved``: it stands in a file so."""
        words = self.tr("open %1").replace("%1", spec.title)
        if self._do(words, lambda _: spec, ((0,),) if spec.rows else ()) and saved:
            self.mark_saved()

    def insert_kind(self, kind: str, at: RowPath | None = None) -> None:
        """A row of the palette with its defaults, ``at`` a place or below what is chosen."""
        try:
            row = layer(kind)
        except NetworkError as error:
            self.refused.emit(error.message)
            return
        self.insert((row,), at)

    def insert(self, rows: tuple[Row, ...], at: RowPath | None = None) -> None:
        """Rows before the one at a place, or below what is chosen, or at the end."""
        if rows:
            place = self.place_below() if at is None else at
            words = self.tr("add %1").replace("%1", _counted(rows))
            self._do(words, lambda spec: edit.insert(spec, place, *rows), following(place, len(rows)))

    def delete(self) -> None:
        paths = self._chosen
        if paths:
            words = self.tr("delete %1").replace("%1", self._chosen_words())
            self._do(words, lambda spec: without(spec, paths), self._left_after(paths))

    def duplicate(self) -> None:
        """A copy of the chosen rows below them."""
        rows = self.chosen_rows()
        if rows:
            place = self.place_below()
            words = self.tr("duplicate %1").replace("%1", self._chosen_words())
            self._do(words, lambda spec: edit.insert(spec, place, *rows), following(place, len(rows)))

    def move_to(self, target: RowPath) -> None:
        """The chosen rows together before what is at ``target`` now."""
        paths, rows = self._chosen, self.chosen_rows()
        if not paths:
            return
        inner = [row for path, row in zip(paths, rows, strict=True) if target[: len(path)] == path != target]
        if inner:
            self.refused.emit(self.tr("%1 cannot be moved into itself.").replace("%1", inner[0].name))
            return
        place = target
        for path in reversed(paths):
            place = _once_gone(place, path)
        words = self.tr("move %1").replace("%1", self._chosen_words())
        self._do(words, lambda spec: edit.insert(without(spec, paths), place, *rows), following(place, len(rows)))

    def move_up(self) -> None:
        """One row up: into the group that stands there, or out of the one it is the first of."""
        if self._chosen:
            *above, place = self._chosen[0]
            if place == 0:
                target = tuple(above)
            else:
                neighbour = edit.row_at(self.spec, (*above, place - 1))
                inside = (len(neighbour.rows),) if isinstance(neighbour, GroupRow) else ()
                target = (*above, place - 1, *inside)
            if target:
                self.move_to(target)

    def move_down(self) -> None:
        """One row down: into the group that stands there, or out of the one it is the last of."""
        if self._chosen:
            *above, place = self._chosen[-1]
            siblings = edit.rows_at(self.spec, tuple(above))
            if place + 1 < len(siblings):
                inside = isinstance(siblings[place + 1], GroupRow)
                self.move_to((*above, place + 1, 0) if inside else (*above, place + 2))
            elif above:
                self.move_to((*above[:-1], above[-1] + 1))

    def group(self, repeat: int = 2) -> None:
        """The chosen rows, which must follow each other, as one group that is repeated."""
        paths = self._chosen
        if not paths:
            return
        if paths != following(paths[0], len(paths)):
            self.refused.emit(self.tr("Only rows that follow each other can be one group: choose them without a gap."))
            return
        words = self.tr("group %1").replace("%1", self._chosen_words())
        self._do(words, lambda spec: edit.group(spec, paths[0], len(paths), repeat), (paths[0],))

    def ungroup(self) -> None:
        """The rows of the chosen group in its place, once for each repetition."""
        path, row = self.only_chosen()
        if isinstance(row, GroupRow):
            words = self.tr("ungroup %1").replace("%1", row.name)
            chosen = following(path, len(row.rows) * row.repeat)
            self._do(words, lambda spec: edit.ungroup(spec, path), chosen)

    def rename(self, path: RowPath, name: str) -> None:
        words = self.tr("rename %1").replace("%1", edit.row_at(self.spec, path).name)
        self._do(words, lambda spec: edit.rename(spec, path, name), self._chosen)

    def change_options(self, paths: Paths, options: Mapping[str, object]) -> None:
        """Of rows of one kind. Changes of the same options of the same rows in a row are one step to undo."""
        words = self.tr("change %1").replace("%1", _counted(tuple(edit.row_at(self.spec, path) for path in paths)))

        def change(spec: NetworkSpec) -> NetworkSpec:
            for path in paths:
                spec = edit.change_options(spec, path, **options)
            return spec

        self._do(words, change, self._chosen, f"{paths} {sorted(options)}")

    def change_repeat(self, path: RowPath, repeat: int) -> None:
        words = self.tr("repeat %1").replace("%1", edit.row_at(self.spec, path).name)
        self._do(words, lambda spec: edit.change_repeat(spec, path, repeat), self._chosen, f"{path} repeat")

    def change_input(self, shape: tuple[int, int, int]) -> None:
        """Channels, height, width. A change of channels lets the preprocessing go, which counts them."""
        if shape != self.spec.input_shape:
            words = self.tr("change the input")
            self._do(words, lambda spec: with_input(spec, shape), self._chosen, "input")

    def change_title(self, title: str) -> None:
        if title != self.spec.title:
            self._do(self.tr("change the title"), lambda spec: replace(spec, title=title), self._chosen, "title")

    def undo(self) -> None:
        self._return_to(self._history.undo())

    def redo(self) -> None:
        self._return_to(self._history.redo())

    def mark_saved(self) -> None:
        """The present network stands in a file."""
        self._history.mark_saved()
        self.changed.emit()

    # ------------------------------------------------------------------------------------------------------------ asked

    def chosen_rows(self) -> tuple[Row, ...]:
        return tuple(edit.row_at(self.spec, path) for path in self._chosen)

    def only_chosen(self) -> tuple[RowPath, Row | None]:
        """The chosen row where it is just one."""
        return (self._chosen[0], self.chosen_rows()[0]) if len(self._chosen) == 1 else ((), None)

    def rows_alike(self) -> tuple[Paths, Row | None]:
        """What can be changed together: the chosen rows if they are of one kind, or one group."""
        rows = self.chosen_rows()
        kinds = {row.kind if not isinstance(row, GroupRow) else "" for row in rows}
        alike = len(kinds) == 1 and (len(rows) == 1 or "" not in kinds)
        return (self._chosen, rows[0]) if alike else ((), None)

    def place_below(self) -> RowPath:
        """Where a new row goes: below the last chosen one, else to the end."""
        if not self._chosen:
            return (len(self.spec.rows),)
        *above, place = self._chosen[-1]
        return (*above, place + 1)

    # ---------------------------------------------------------------------------------------------------------- changes

    def _do(self, words: str, change: Change, chosen: Paths, series: str = "") -> bool:
        try:
            spec = change(self.spec)
        except NetworkError as error:
            self.refused.emit(error.message)
            return False
        if spec == self.spec:
            return True
        self._history.record(Step(spec, words, chosen, series), self._chosen)
        self._show(spec, chosen)
        return True

    def _return_to(self, step: Step | None) -> None:
        if step is not None:
            self._show(step.spec, step.chosen)

    def _show(self, spec: NetworkSpec, chosen: Paths) -> None:
        self._report = check(spec)
        self._chosen = chosen
        self.changed.emit()

    def _left_after(self, paths: Paths) -> Paths:
        """What is chosen once rows are gone: the one below the first of them, else the one above."""
        *above, place = paths[0]
        gone = sum(path[:-1] == tuple(above) for path in paths)
        siblings = len(edit.rows_at(self.spec, tuple(above))) - gone
        if siblings:
            return ((*above, min(place, siblings - 1)),)
        return (tuple(above),) if above else ()

    def _chosen_words(self) -> str:
        return _counted(self.chosen_rows())


def outermost(paths: Iterable[RowPath]) -> Paths:
    """From first to last, without rows inside others of them."""
    kept: list[RowPath] = []
    for path in sorted(set(paths)):
        if not kept or path[: len(kept[-1])] != kept[-1]:
            kept.append(path)
    return tuple(kept)


def following(path: RowPath, count: int) -> Paths:
    """``count`` rows from a path on, side by side."""
    *above, place = path
    return tuple((*above, place + step) for step in range(count))


def without(spec: NetworkSpec, paths: Paths) -> NetworkSpec:
    """A spec without these rows."""
    for path in reversed(paths):
        spec = edit.remove(spec, path)
    return spec


def with_input(spec: NetworkSpec, shape: tuple[int, int, int]) -> NetworkSpec:
    """A spec for another input; preprocessing belongs to a number of channels."""
    kept = spec.preprocessing if shape[0] == spec.input_shape[0] else None
    return replace(spec, input_shape=shape, preprocessing=kept)


def _once_gone(place: RowPath, path: RowPath) -> RowPath:
    """Where a place is once the row at ``path`` is gone."""
    depth = len(path) - 1
    behind = len(place) > depth and place[:depth] == path[:depth] and place[depth] > path[depth]
    return (*place[:depth], place[depth] - 1, *place[depth + 1 :]) if behind else place


def _counted(rows: tuple[Row, ...]) -> str:
    """A row's name, or how many there are."""
    if len(rows) == 1:
        row = rows[0]
        return row.name or (row.kind.replace("_", " ") if not isinstance(row, GroupRow) else "")
    return QObject.tr("%1 rows").replace("%1", str(len(rows)))
