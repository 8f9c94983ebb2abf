"""The builder dock: a network as rows, edited where they stand and checked at every keystroke."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QPalette, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QSplitter, QVBoxLayout, QWidget

from cnnviz.core.errors import CnnvizError, NetworkError
from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.export import export_source
from cnnviz.core.networks.spec.palette import KINDS
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.networks.spec.rows import GroupRow, NetworkSpec, RowPath
from cnnviz.core.networks.spec.write import spec_text, write_spec
from cnnviz.gui.spec_editor import EMPTY, SpecEditor
from cnnviz.gui.widgets.builder_actions import BuilderActions
from cnnviz.gui.widgets.builder_footer import BuilderFooter
from cnnviz.gui.widgets.builder_header import BuilderHeader
from cnnviz.gui.widgets.builder_inspector import BuilderInspector
from cnnviz.gui.widgets.builder_keys import BuilderKeys
from cnnviz.gui.widgets.builder_options import GROUP_OPTIONS
from cnnviz.gui.widgets.builder_palette import BuilderPalette
from cnnviz.gui.widgets.builder_source import SourceWindow
from cnnviz.gui.widgets.builder_text import read_typed_options
from cnnviz.gui.widgets.builder_tools import BuilderTools
from cnnviz.gui.widgets.builder_tree import BuilderTree
from cnnviz.gui.widgets.dock_base import Dock
from cnnviz.gui.widgets.exporting import ask_where

FIRST = "convnet-mnist"
"""The network the builder starts with: the one that runs at the first start."""
SPEC_SUFFIX = ".json"
_NARROW_LETTERS = 90


class BuilderDock(Dock):
    """``run_requested``: a NetworkSpec and the seed of its initial weights. ``train_requested``: a NetworkSpec.

    ``loaded_spec_wanted``: the network that runs, as a spec, is asked for; ``show_spec`` takes it.
    """

    run_requested = Signal(object, int)
    train_requested = Signal(object)
    loaded_spec_wanted = Signal()

    tree: BuilderTree | None = None  # Qt may tell of another font before the tree is made

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            "builder",
            self.tr("Builder"),
            sentence=self.tr("Build a network row by row; sizes and costs follow every keystroke."),
            help_text=_help_text(self),
            parent=parent,
        )
        self._path: Path | None = None
        self._source: SourceWindow | None = None
        self._narrow = False
        self.editor = SpecEditor(CLASSICS[FIRST].spec(), self)
        self.setAcceptDrops(True)
        content = QWidget(self)
        self._make_parts(content)
        self.actions_ = BuilderActions(content, self._slots())
        self.tools = BuilderTools(self.actions_, content)
        self._arrange(content)
        self._connect(content)
        self.set_content(content)
        self._show_network()

    # ---------------------------------------------------------------------------------------------------------- setters

    def show_spec(self, spec: NetworkSpec, *, saved: bool = False) -> None:
        """Another network instead of the one on view, which undo brings back."""
        self._path = None
        self.editor.load(spec, saved=saved)

    def show_message(self, sentence: str) -> None:
        """One line that goes with the next edit; empty for none."""
        if sentence != self.message_label.text():
            self.message_label.setText(sentence)
            self.message_label.setVisible(bool(sentence))

    @property
    def spec(self) -> NetworkSpec:
        """The network on view."""
        return self.editor.spec

    @property
    def is_saved(self) -> bool:
        return self.editor.history.is_saved

    # ------------------------------------------------------------------------------------------------------------ files

    def open_spec(self, path: Path | str) -> None:
        """The network in a spec file; the one on view comes back with undo."""
        try:
            spec = read_spec(Path(path))
        except CnnvizError as error:
            self.show_message(error.message)
            return
        self.editor.load(spec, saved=True)
        self._path = Path(path)

    def ask_what_to_open(self) -> QFileDialog:
        dialog = QFileDialog(self, self.tr("Open spec"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Network specs (*.json)"), self.tr("All files (*)")])
        dialog.fileSelected.connect(self.open_spec)
        dialog.open()
        return dialog

    def save(self) -> None:
        """Into the file it came from; the first time it asks where."""
        if self._path is None:
            self.save_as()
        else:
            self.save_to(self._path)

    def save_as(self) -> QFileDialog:
        return ask_where(self, self.tr("Save spec"), self.tr("Network specs"), SPEC_SUFFIX[1:], self.save_to)

    def save_to(self, path: Path) -> None:
        try:
            write_spec(self.spec, path)
        except NetworkError as error:
            self.show_message(error.message)
            return
        self._path = path
        self.show_message("")
        self.editor.mark_saved()

    def show_source(self) -> SourceWindow:
        """The source of the network on view, in a window that follows the edits."""
        if self._source is None:
            self._source = SourceWindow(self)
            self._source.save_failed.connect(self.show_message)
        self._update_source()
        self._source.show()
        self._source.raise_()
        return self._source

    # ------------------------------------------------------------------------------------------------------- Qt's side

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _spec_file_in(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.open_spec(_spec_file_in(event))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self.tree is not None:
            self.tree.follow_text_size(self.font())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < self.fontMetrics().averageCharWidth() * _NARROW_LETTERS
        if narrow != self._narrow:
            self._narrow = narrow
            self._place_palette()

    # ----------------------------------------------------------------------------------------------------------- edits

    def _copy(self) -> None:
        rows = self.editor.chosen_rows()
        if rows:
            copied = NetworkSpec(self.spec.title, self.spec.input_shape, rows)
            QGuiApplication.clipboard().setText(spec_text(copied))

    def _cut(self) -> None:
        self._copy()
        self.editor.delete()

    def _paste(self) -> None:
        try:
            rows = read_spec(QGuiApplication.clipboard().text()).rows
        except NetworkError as error:
            self.show_message(self.tr("The clipboard holds no rows: %1").replace("%1", error.message))
            return
        self.editor.insert(rows)

    def _change_option(self, name: str, value: object) -> None:
        paths, row = self.editor.rows_alike()
        if isinstance(row, GroupRow):
            self.editor.change_repeat(paths[0], value)
        elif row is not None:
            self.editor.change_options(paths, {name: value})

    def _take_typed_options(self, path: RowPath, line: str) -> None:
        row = self.editor.report.at(path).row
        try:
            if isinstance(row, GroupRow):
                options = read_typed_options(GROUP_OPTIONS, line)
                self.editor.change_repeat(path, options.get("repeat", row.repeat))
            else:
                self.editor.change_options((path,), read_typed_options(KINDS[row.kind].options, line))
        except NetworkError as error:
            self.show_message(error.message)

    # ---------------------------------------------------------------------------------------------------------- showing

    def _show_network(self) -> None:
        """What changed only: the tree, the fields and the source keep the rest."""
        editor = self.editor
        self.show_message("")
        self.tree.show_rows(editor.spec.rows, editor.report.rows)
        if self.tree.chosen() != editor.chosen:
            self.tree.choose(editor.chosen)
        self.header.show_network(editor.spec.title, editor.spec.input_shape, saved=self.is_saved)
        self.footer.show_report(editor.report, rows=len(editor.spec.rows))
        self._show_chosen()
        self._update_source()

    def _show_chosen(self) -> None:
        editor = self.editor
        _, row = editor.rows_alike()
        path, _ = editor.only_chosen()
        self.inspector.show_row(row, editor.report.at(path) if path else None, len(editor.chosen))
        self._enable_actions()

    def _enable_actions(self) -> None:
        editor = self.editor
        any_chosen, group = bool(editor.chosen), isinstance(editor.only_chosen()[1], GroupRow)
        for name in ("options", "type-options", "rename", "cut", "copy", "duplicate", "delete", "up", "down", "group"):
            self.actions_[name].setEnabled(any_chosen)
        self.actions_["ungroup"].setEnabled(group)
        for name, words, text in (
            ("undo", editor.history.undo_words, self.tr("Undo: %1")),
            ("redo", editor.history.redo_words, self.tr("Redo: %1")),
        ):
            self.actions_[name].setEnabled(bool(words))
            self.actions_[name].setText(text.replace("%1", words) if words else text.partition(":")[0])

    def _update_source(self) -> None:
        if self._source is None:
            return
        if self.editor.report.possible:
            self._source.show_source(export_source(self.spec))
        else:
            self._source.show_source(self.tr("# A row cannot work: the source comes back once it can."))

    def _choose(self, paths: tuple[RowPath, ...]) -> None:
        self.editor.choose(paths)
        self._show_chosen()

    def _go_to_problem(self) -> None:
        if self.editor.report.problems:
            self.editor.choose((self.editor.report.problems[0][0],))
            self.tree.choose(self.editor.chosen)
            self.tree.setFocus()
            self._show_chosen()

    def _add(self) -> None:
        """To the palette's search field."""
        self.tools.palette_button.setChecked(True)
        self.palette_.begin_search()

    def _leave_palette(self) -> None:
        if self._narrow:
            self.tools.palette_button.setChecked(False)
        self.tree.setFocus()

    def _place_palette(self) -> None:
        """Beside the rows, or in a narrow dock below them instead of the options."""
        if self._narrow:
            self._down.insertWidget(1, self.palette_)
        else:
            self._across.insertWidget(0, self.palette_)
        self.tools.palette_button.setChecked(not self._narrow)
        self._show_palette(shown=not self._narrow)

    def _show_palette(self, *, shown: bool) -> None:
        self.palette_.setVisible(shown)
        self.inspector.setVisible(not (shown and self._narrow))

    # ----------------------------------------------------------------------------------------------------------- making

    def _make_parts(self, parent: QWidget) -> None:
        self.header = BuilderHeader(parent)
        self.palette_ = BuilderPalette(tuple(KINDS.values()), parent)
        self.tree = BuilderTree(parent)
        self.inspector = BuilderInspector(parent)
        self.footer = BuilderFooter(parent)
        self.message_label = QLabel(parent)
        self.message_label.setWordWrap(True)
        self.message_label.setForegroundRole(QPalette.ColorRole.BrightText)
        self.message_label.hide()

    def _slots(self) -> dict[str, object]:
        editor = self.editor
        return {
            "add": self._add,
            "options": self.inspector.options.begin_editing,
            "type-options": self.tree.type_options,
            "rename": self.tree.rename_current,
            "cut": self._cut,
            "copy": self._copy,
            "paste": self._paste,
            "duplicate": editor.duplicate,
            "delete": editor.delete,
            "up": editor.move_up,
            "down": editor.move_down,
            "group": editor.group,
            "ungroup": editor.ungroup,
            "undo": editor.undo,
            "redo": editor.redo,
            "save": self.save,
            "run": self.footer.run,
            "rows": self.tree.setFocus,
        }

    def _arrange(self, content: QWidget) -> None:
        self._across = QSplitter(Qt.Orientation.Horizontal, content)
        self._down = QSplitter(Qt.Orientation.Vertical, self._across)
        self._down.addWidget(self.tree)
        self._down.addWidget(self.inspector)
        self._down.setSizes([440, 240])
        self._down.setStretchFactor(0, 1)
        self._across.addWidget(self.palette_)
        self._across.addWidget(self._down)
        self._across.setSizes([190, 700])
        self._across.setStretchFactor(1, 1)
        for splitter in (self._across, self._down):
            splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(8, 2, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.header)
        layout.addWidget(self.tools)
        layout.addWidget(self._across, 1)
        layout.addWidget(self.message_label)
        layout.addWidget(self.footer)

    def _connect(self, content: QWidget) -> None:
        editor, tree = self.editor, self.tree
        editor.changed.connect(self._show_network)
        editor.refused.connect(self.show_message)
        tree.chosen_changed.connect(self._choose)
        tree.kind_dropped.connect(editor.insert_kind)
        tree.rows_dropped.connect(editor.move_to)
        tree.entered.connect(self.inspector.options.begin_editing)
        tree.rows.renamed.connect(editor.rename)
        tree.rows.options_typed.connect(self._take_typed_options)
        self.palette_.kind_chosen.connect(editor.insert_kind)
        self.palette_.left.connect(self._leave_palette)
        self.inspector.option_changed.connect(self._change_option)
        self.inspector.refused.connect(self.show_message)
        self.header.title_changed.connect(editor.change_title)
        self.header.input_changed.connect(editor.change_input)
        self.header.refused.connect(self.show_message)
        self.footer.run_wanted.connect(lambda seed: self.run_requested.emit(self.spec, seed))
        self.footer.train_wanted.connect(lambda: self.train_requested.emit(self.spec))
        self.footer.problem_wanted.connect(self._go_to_problem)
        self._connect_tools()
        tree.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        tree.addActions(self.actions_.on_rows())
        BuilderKeys(self.actions_.on_rows(), self, own_only=True).watch(tree)
        BuilderKeys(self.actions_.everywhere(), self).watch(content)

    def _connect_tools(self) -> None:
        tools = self.tools
        tools.start_chosen.connect(lambda make: self.show_spec(make(), saved=True))
        tools.empty_wanted.connect(lambda: self.show_spec(EMPTY))
        tools.loaded_wanted.connect(self.loaded_spec_wanted)
        tools.open_wanted.connect(self.ask_what_to_open)
        tools.source_wanted.connect(self.show_source)
        tools.palette_toggled.connect(lambda shown: self._show_palette(shown=shown))


def _spec_file_in(event: QDropEvent) -> str:
    """The first spec file that is dragged; empty for none."""
    files = (url.toLocalFile() for url in event.mimeData().urls())
    return next((file for file in files if file.endswith(SPEC_SUFFIX)), "")


def _help_text(dock: Dock) -> str:
    return dock.tr(
        "<p>A convolutional network is a list of layers. A <b>convolution</b> slides its kernel over the maps above; "
        "its output is ⌊(W − K + 2P)/S⌋ + 1 wide, for width W, kernel K, padding P and stride S. <b>Pooling</b> makes "
        "maps smaller; <b>flatten</b> turns them into a vector for the <b>linear</b> layers.</p>"
        "<p>A row that cannot work says why and what would help; the rows below are computed as if it were left out."
        "</p><p><b>Keys in the rows:</b> / adds a layer, Enter changes options, F2 renames, Alt+↑ and Alt+↓ move, "
        "Ctrl+G groups rows into a repeated block, Ctrl+D duplicates, Ctrl+Z undoes.</p>"
    )
