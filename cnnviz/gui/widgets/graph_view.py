"""The graph of a network: fold and unfold, point and walk, with thumbnails on the nodes and files to save."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QHelpEvent, QImage, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QToolTip, QWidget

from cnnviz.core.errors import CnnvizError
from cnnviz.core.graph.families import FAMILIES, Family, family
from cnnviz.core.graph.folding import CallTree, Shape, first_open, opened_to
from cnnviz.core.graph.labels import TEXT_SIZE
from cnnviz.core.graph.layout import lay_out
from cnnviz.core.graph.measures import TALLEST_PICTURE, Measures
from cnnviz.core.graph.placed import Direction
from cnnviz.core.graph.walk import Step, next_layer
from cnnviz.core.networks.values import LayerInfo
from cnnviz.gui.widgets import graph_camera as camera
from cnnviz.gui.widgets.exporting import add_action, ask_where
from cnnviz.gui.widgets.graph_canvas import GraphCanvas
from cnnviz.gui.widgets.graph_colors import graph_colors
from cnnviz.gui.widgets.graph_export import save_graph_png, save_graph_svg
from cnnviz.gui.widgets.graph_painter import TEXT_SCALE, Marks, scaled_font
from cnnviz.gui.widgets.graph_scene import Target
from cnnviz.gui.widgets.graph_words import tooltip

MOST_THUMBNAILS = 40
SETTLE_MS = 80
"""Thumbnails are asked for when scrolling has rested this long."""

_STEPS: dict[int, Step] = {
    Qt.Key.Key_Up: "up",
    Qt.Key.Key_Down: "down",
    Qt.Key.Key_Left: "left",
    Qt.Key.Key_Right: "right",
}


class GraphView(GraphCanvas):
    """``layer_chosen``: the user chose this call. ``scene_changed``: another network, or blocks opened or closed.
    ``thumbnails_wanted_changed``: see ``thumbnail_layers``. Setters choose nothing.
    """

    layer_chosen = Signal(str)
    scene_changed = Signal()
    thumbnails_wanted_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tree: CallTree | None = None
        self._opened: frozenset[str] = frozenset()
        self._flow: Direction = "down"
        self._thumbnails = False
        self._wanted: tuple[str, ...] = ()
        self._settling = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settling.timeout.connect(self._note_thumbnails)
        self._add_actions()

    def _add_actions(self) -> None:
        add_action(self, self.tr("Copy picture"), self.copy, QKeySequence.StandardKey.Copy)
        add_action(self, self.tr("Save graph as SVG…"), lambda: self._ask(self.tr("Drawings"), "svg", self.save_svg))
        add_action(self, self.tr("Save graph as PNG…"), lambda: self._ask(self.tr("Pictures"), "png", self.save_png))
        add_action(self, self.tr("Unfold all"), self.unfold_all)
        add_action(self, self.tr("Fold all"), self.fold_all)
        add_action(self, self.tr("Fold as at first"), self.fold_as_at_first)
        add_action(self, self.tr("Show the whole graph"), self.show_whole, QKeySequence(Qt.Key.Key_F))
        add_action(self, self.tr("Reset zoom"), self.reset_zoom)

    # ---------------------------------------------------------------------------------------------------------- values

    @property
    def tree(self) -> CallTree | None:
        """The calls it shows; None before the first network."""
        return self._tree

    @property
    def opened(self) -> frozenset[str]:
        """The names of the open blocks."""
        return self._opened

    @property
    def marked(self) -> str:
        """The layer every dock follows."""
        return self._marks.marked

    @property
    def families(self) -> tuple[Family, ...]:
        """Those in the graph as it is folded now."""
        if self._scene is None:
            return ()
        layers = [
            layer for placed in self._scene.graph.nodes if placed.node.kind == "layer" for layer in placed.node.layers
        ]
        found = set(map(family, layers))
        return tuple(one for one in FAMILIES if one in found)

    # --------------------------------------------------------------------------------------------------------- setters

    def show_layers(self, layers: Sequence[LayerInfo], input_shape: Shape) -> None:
        """Another network; one with the same calls keeps what is open and on view."""
        tree = CallTree(layers, input_shape)
        if self._tree is not None and list(tree.layers) == list(self._tree.layers):
            self._lay_out(tree, self._opened, anchor=self._marks.marked)
        else:
            self._marks = Marks()
            self._at_start = True
            self._lay_out(tree, first_open(tree))

    def show_layer(self, name: str) -> None:
        """Marks a call, opens what hides it and glides to it; an unknown one leaves nothing marked."""
        known = self._tree is not None and name in self._tree
        self._marks = replace(self._marks, marked=name if known else "")
        self._reveal(self._marks.marked)
        self.update()

    def show_found(self, name: str) -> None:
        """Points at what a search found, without choosing it; empty for nothing."""
        self._marks = replace(self._marks, found=name)
        self._reveal(name)
        self.update()

    def set_direction(self, direction: Direction) -> None:
        """Where the network flows."""
        if direction != self._flow:
            self._flow = direction
            self._at_start = True
            self._lay_out_again()
            self._reveal(self._marks.marked)

    def set_thumbnails(self, *, shown: bool) -> None:
        """Gives every node a place for its strongest map."""
        if shown != self._thumbnails:
            self._thumbnails = shown
            self._marks = replace(self._marks, pictures={})
            self._lay_out_again()

    def show_pictures(self, pictures: Mapping[str, QImage]) -> None:
        """Thumbnails by call; those that are not named stay as they are."""
        self._marks = replace(self._marks, pictures={**self._marks.pictures, **pictures})
        self.update()

    # --------------------------------------------------------------------------------------------------------- folding

    def toggle(self, block: str) -> None:
        """Opens a folded block, folds an open one."""
        if self._tree is not None and self._tree.is_block(block):
            self._lay_out(self._tree, self._opened ^ {block}, anchor=block)

    def unfold_all(self) -> None:
        if self._tree is not None:
            self._lay_out(self._tree, frozenset(self._tree.blocks), anchor=self._marks.marked)

    def fold_all(self) -> None:
        if self._tree is not None:
            self._lay_out(self._tree, frozenset())

    def fold_as_at_first(self) -> None:
        if self._tree is not None:
            self._lay_out(self._tree, first_open(self._tree), anchor=self._marks.marked)

    def _reveal(self, name: str) -> None:
        """Opens what hides a call and glides to it."""
        if self._tree is None or name not in self._tree:
            return
        opened = opened_to(self._tree, self._opened, name)
        if opened != self._opened:
            self._lay_out(self._tree, opened)
        box = self._scene.box_of(name) if self._scene is not None else None
        if box is not None and self._placement is not None:
            self._glide_to(camera.revealing(self._placement, box))

    def _lay_out_again(self) -> None:
        if self._tree is not None:
            self._lay_out(self._tree, self._opened, anchor=self._marks.marked)

    def _lay_out(self, tree: CallTree, opened: frozenset[str], anchor: str = "") -> None:
        """Leaves all as it was where the graph cannot be laid out."""
        measures = Measures(line=QFontMetricsF(self.font()).height(), thumbnails=self._thumbnails)
        small = QFontMetricsF(scaled_font(self.font(), TEXT_SIZE))
        try:
            graph = lay_out(tree, opened, measures, self._flow, small.horizontalAdvance)
        except CnnvizError as error:
            self._refuse(tree, error.message)
            return
        self._tree, self._opened = tree, opened
        self._show_graph(graph, measures, anchor)
        self.scene_changed.emit()

    def _refuse(self, tree: CallTree, message: str) -> None:
        if tree is self._tree and self._scene is not None:
            self.problem_met.emit(message)
            return
        self._tree, self._opened = tree, frozenset()
        self._clear_graph(message)
        self.scene_changed.emit()

    # -------------------------------------------------------------------------------------------------------- choosing

    def choose(self, name: str) -> None:
        """As the user's hand does: marks the call, and says so where its output can be drawn."""
        if self._tree is None or name not in self._tree:
            return
        self._marks = replace(self._marks, marked=name)
        self.update()
        if self._tree.layers[name].map_axes:
            self.layer_chosen.emit(name)

    def _announce_click(self, target: Target) -> None:
        if target.part == "switch":
            self.toggle(target.layer)
        elif target.part != "frame":
            self.choose(target.layer)

    def _announce_double_click(self, target: Target | None) -> None:
        if target is None:
            self.reset_zoom()
        else:
            self.toggle(target.layer)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._show_tooltip(event)
            return True
        return super().event(event)

    def _show_tooltip(self, event: QHelpEvent) -> None:
        target = self.target_at(QPointF(event.pos()))
        if target is None or target.part == "frame":
            QToolTip.hideText()
        else:
            QToolTip.showText(event.globalPos(), tooltip(self._tree.layers[target.layer]), self)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _STEPS and self._scene is not None:
            self._walk(_STEPS[event.key()])
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle_marked()
        else:
            super().keyPressEvent(event)

    def _walk(self, step: Step) -> None:
        found = next_layer(self._scene.graph, self._marks.marked, step)
        if found != self._marks.marked:
            self.choose(found)
            self._reveal(found)

    def _toggle_marked(self) -> None:
        """The marked block; of a layer, the block around it, which is then marked."""
        name = self._marks.marked
        if self._tree is None or name not in self._tree:
            return
        block = name if self._tree.is_block(name) else next(iter(self._tree.around(name)), "")
        self.toggle(block)
        if block and block != name:
            self.choose(block)

    # ------------------------------------------------------------------------------------------------------ thumbnails

    @property
    def thumbnail_layers(self) -> tuple[str, ...]:
        """The calls whose strongest map is wanted: of the nodes on screen, at most ``MOST_THUMBNAILS``."""
        return self._wanted

    @property
    def thumbnail_side(self) -> int:
        """Of the largest thumbnail's square, in device pixels."""
        if self._scene is None or self._placement is None:
            return 0
        scale = min(self._placement.scale, 1.0) * self.devicePixelRatioF()
        return round(TALLEST_PICTURE * self._scene.measures.line * scale)

    def _view_changed(self) -> None:
        super()._view_changed()
        self._settling.start()

    def _note_thumbnails(self) -> None:
        wanted = self._wanted_now()
        if wanted != self._wanted:
            self._wanted = wanted
            kept = {name: image for name, image in self._marks.pictures.items() if name in wanted}
            self._marks = replace(self._marks, pictures=kept)
            self.thumbnails_wanted_changed.emit()

    def _wanted_now(self) -> tuple[str, ...]:
        if not self._thumbnails or not self.isVisible() or self._placement is None:
            return ()
        if self._scene is None or self._placement.scale < TEXT_SCALE:
            return ()
        nodes = self._scene.nodes_in(camera.part_on_view(self._placement))
        return tuple(placed.node.name for placed in nodes if self._scene.picture(placed) is not None)[:MOST_THUMBNAILS]

    # ------------------------------------------------------------------------------------------------------- exporting

    def copy(self) -> None:
        """What is on view, to the clipboard."""
        QGuiApplication.clipboard().setImage(self.grab().toImage())

    def save_svg(self, path: Path) -> None:
        """All of the graph as it is folded now."""
        if self._scene is not None:
            background = graph_colors(self.palette()).background
            self._report(save_graph_svg(path, self._scene, self._painter, self._marks, background))

    def save_png(self, path: Path) -> None:
        """All of the graph as it is folded now."""
        if self._scene is not None:
            background = graph_colors(self.palette()).background
            self._report(save_graph_png(path, self._scene, self._painter, self._marks, background))

    def _ask(self, kind: str, suffix: str, save: Callable[[Path], None]) -> None:
        if self._scene is not None:
            ask_where(self, self.tr("Save graph"), kind, suffix, save)

    # ---------------------------------------------------------------------------------------------------------- events

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._lay_out_again()

    def showEvent(self, event: QEvent) -> None:
        super().showEvent(event)
        self._settling.start()

    def hideEvent(self, event: QEvent) -> None:
        super().hideEvent(event)
        self._settling.stop()
        self._note_thumbnails()
