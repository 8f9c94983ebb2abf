"""A button that does something as long as it is held."""

from __future__ import annotations

from cnnviz.gui.widgets.segment_button import SegmentButton


class HoldButton(SegmentButton):
    """``pressed`` and ``released`` tell of the hand; it looks pressed while it is checked, which only a setter does."""

    def nextCheckState(self) -> None:
        """A click changes nothing by itself."""
