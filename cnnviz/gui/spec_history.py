"""Every network the builder has held, for undo and redo without limit: values, so a step costs one reference a row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cnnviz.core.networks.spec.rows import NetworkSpec, RowPath


@dataclass(frozen=True)
class Step:
    """A network, what made it out of the one before (a few words), and the rows that are chosen in it.

    ``series``: steps of one series in a row are one step to undo (the keystrokes in one field); empty for none.
    """

    spec: NetworkSpec
    words: str = ""
    chosen: tuple[RowPath, ...] = ()
    series: str = ""


class SpecHistory:
    """Starts with one network, which counts as saved."""

    def __init__(self, spec: NetworkSpec) -> None:
        self._steps = [Step(spec)]
        self._present = 0
        self._saved = spec

    @property
    def present(self) -> Step:
        return self._steps[self._present]

    @property
    def undo_words(self) -> str:
        """What ``undo`` would take back; empty where there is nothing."""
        return self.present.words if self._present else ""

    @property
    def redo_words(self) -> str:
        """What ``redo`` would do again; empty where there is nothing."""
        following = self._steps[self._present + 1 : self._present + 2]
        return following[0].words if following else ""

    @property
    def is_saved(self) -> bool:
        """The present network equals the one last saved or opened."""
        return self._saved == self.present.spec

    def record(self, step: Step, chosen_before: tuple[RowPath, ...] = ()) -> None:
        """``step`` follows the present one, to which undoing returns with ``chosen_before``; what was undone is
        forgotten.
        """
        del self._steps[self._present + 1 :]
        if self._continues(step):
            self._steps[-1] = step
            return
        self._steps[-1] = replace(self.present, chosen=chosen_before)
        self._steps.append(step)
        self._present += 1

    def undo(self) -> Step | None:
        """The step before; None at the beginning."""
        if not self._present:
            return None
        self._present -= 1
        return self.present

    def redo(self) -> Step | None:
        """The step undone last; None where none was."""
        if self._present + 1 == len(self._steps):
            return None
        self._present += 1
        return self.present

    def end_series(self) -> None:
        """The next step stands for itself, whatever its series."""
        self._steps[self._present] = replace(self.present, series="")

    def mark_saved(self) -> None:
        self._saved = self.present.spec

    def _continues(self, step: Step) -> bool:
        """A saved network stays a step of its own, so that undoing leads back to it."""
        return bool(step.series) and step.series == self.present.series and not self.is_saved
