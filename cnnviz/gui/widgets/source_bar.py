"""Everything a picture can come from, as one row of buttons and a line for an address."""

from __future__ import annotations

from PySide6.QtCore import QDir, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QIcon
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QToolButton, QVBoxLayout, QWidget

from cnnviz.core.resources import resource_path
from cnnviz.core.sources.kinds import PICTURE_SUFFIXES, TEST_CARD, VIDEO_SUFFIXES, is_url, source_kind_of
from cnnviz.core.sources.values import CameraInfo, SourceSpec
from cnnviz.gui.widgets.camera_menu import CameraMenu
from cnnviz.gui.widgets.clipboard import picture_in, source_in
from cnnviz.gui.widgets.icons import set_icon
from cnnviz.gui.widgets.tool_row import menu_button, tool_button

CARD_RATE = 30.0


class SourceBar(QWidget):
    """``source_requested``: a SourceSpec. ``pasted``: pixels H×W×3 uint8 RGB. ``not_understood``: a sentence."""

    source_requested = Signal(object)
    pasted = Signal(object)
    cameras_requested = Signal()
    not_understood = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_buttons()
        self._make_address_line()
        self._row = QHBoxLayout()
        self._row.setSpacing(2)
        for button in (
            self.open_button,
            self.camera_button,
            self.stream_button,
            self.samples_button,
            self.paste_button,
        ):
            self._row.addWidget(button)
        self._row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._row)
        layout.addWidget(self.address_line)

    def add_button(self, button: QToolButton) -> None:
        """At the row's right end."""
        self._row.addWidget(button)

    def show_cameras(self, cameras: tuple[CameraInfo, ...]) -> None:
        self.camera_menu.show_cameras(cameras)

    def open_file(self) -> QFileDialog:
        """Asks for a picture or a video; the window goes on meanwhile."""
        dialog = self._dialog(self.tr("Open a picture or a video"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        both = self.tr("Pictures and videos ({suffixes})").format(suffixes=_globs(PICTURE_SUFFIXES | VIDEO_SUFFIXES))
        dialog.setNameFilters([both, self.tr("All files (*)")])
        dialog.open()
        return dialog

    def open_folder(self) -> QFileDialog:
        """Asks for a folder of pictures."""
        dialog = self._dialog(self.tr("Open a folder of pictures"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.open()
        return dialog

    def paste(self) -> None:
        """Takes the clipboard's picture, file or address."""
        data = QGuiApplication.clipboard().mimeData()
        pixels = picture_in(data)
        spec = source_in(data) if pixels is None else None
        if pixels is not None:
            self.pasted.emit(pixels)
        elif spec is not None:
            self.source_requested.emit(spec)
        else:
            self.not_understood.emit(
                self.tr("The clipboard holds no picture: copy one, or a picture's file, and paste again.")
            )

    def _make_buttons(self) -> None:
        self.open_button = menu_button("open", self.tr("Open a picture, a video or a folder"), self)
        self.open_button.menu().addAction(self.tr("Picture or video…"), self.open_file)
        self.open_button.menu().addAction(self.tr("Folder of pictures…"), self.open_folder)
        self.camera_button = menu_button("camera", self.tr("Camera"), self)
        self.camera_menu = CameraMenu(self.camera_button)
        self.camera_menu.source_requested.connect(self.source_requested)
        self.camera_menu.cameras_requested.connect(self.cameras_requested)
        self.camera_button.setMenu(self.camera_menu)
        self.stream_button = tool_button("stream", self.tr("Network stream by its address"), self, checkable=True)
        self.stream_button.clicked.connect(self._ask_address)
        self.samples_button = menu_button("samples", self.tr("Sample pictures"), self)
        self.samples_button.menu().aboutToShow.connect(self._fill_samples)
        self.paste_button = tool_button("paste", self.tr("Paste a picture (Ctrl+V)"), self)
        self.paste_button.clicked.connect(self.paste)

    def _make_address_line(self) -> None:
        self.address_line = QLineEdit(self)
        self.address_line.setPlaceholderText("rtsp://… http://…/stream.mjpg")
        self.address_line.setAccessibleName(self.tr("Address of the network stream"))
        self.address_line.hide()
        self.address_action = QAction(self.tr("Open"), self)
        set_icon(self.address_action, "play")
        self.address_action.triggered.connect(self._open_address)
        self.address_line.addAction(self.address_action, QLineEdit.ActionPosition.TrailingPosition)
        self.address_line.returnPressed.connect(self._open_address)

    def _dialog(self, title: str) -> QFileDialog:
        dialog = QFileDialog(self, title)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._open_path)
        return dialog

    def _open_path(self, path: str) -> None:
        # A suffix nobody knows may still be a picture: the engine reads the file and says what it is.
        self.source_requested.emit(source_kind_of(path) or SourceSpec("picture", QDir.toNativeSeparators(path)))

    def _ask_address(self, wanted: bool) -> None:  # noqa: FBT001 -- Qt's signal hands it over
        self.address_line.setVisible(wanted)
        if wanted:
            self.address_line.setFocus()

    def _open_address(self) -> None:
        address = self.address_line.text().strip()
        spec = source_kind_of(address) if is_url(address) else None
        if spec is not None:
            self.source_requested.emit(spec)
        else:
            words = self.tr("“{address}” is no stream address: it begins with rtsp://, http:// or https://.")
            self.not_understood.emit(words.format(address=address))

    def _fill_samples(self) -> None:
        menu = self.samples_button.menu()
        menu.clear()
        for path in sorted(resource_path("pictures").iterdir()):
            spec = source_kind_of(str(path))
            if spec is not None and spec.kind == "picture":
                self._add_source(
                    menu, path.stem.replace("-", " ").replace("_", " ").capitalize(), spec, QIcon(str(path))
                )
        menu.addSeparator()
        self._add_source(menu, self.tr("Test card"), SourceSpec(TEST_CARD, rate=CARD_RATE), QIcon())

    def _add_source(self, menu: QMenu, title: str, spec: SourceSpec, picture: QIcon) -> None:
        menu.addAction(picture, title, lambda: self.source_requested.emit(spec))


def _globs(suffixes: frozenset[str]) -> str:
    return " ".join(f"*{suffix}" for suffix in sorted(suffixes))
