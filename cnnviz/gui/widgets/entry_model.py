"""What the chooser's tables say of networks: columns, texts, sort keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)

from cnnviz.core.networks.values import NetworkEntry

Index = QModelIndex | QPersistentModelIndex

NAME, ORIGIN, YEAR, DEPTH, PARAMETERS, MACS, ACCURACY, SIZE = range(8)
SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
ORIGINS = ("cnnviz", "course", "torchvision", "timm")
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_WORDS = (NAME, ORIGIN)
_TOP = QModelIndex()

translate = QCoreApplication.translate


def millions(count: int | None) -> str:
    """``11.7 M``, ``104 k``, ``4.1 G``; empty for an unknown number."""
    if count is None:
        return ""
    if count >= 1_000_000_000:
        return f"{count / 1e9:,.1f} G"
    return f"{count / 1e6:,.1f} M" if count >= 1_000_000 else f"{count / 1e3:,.0f} k"


def origin_text(origin: str) -> str:
    """Where a network comes from, as the table and its filter say it."""
    words = {"cnnviz": translate("EntryModel", "ships with cnnviz"), "course": translate("EntryModel", "the course")}
    return words.get(origin, origin)


def accuracy_of(entry: NetworkEntry) -> float | None:
    """The best published top-1 in percent: of the weights, else of the original."""
    published = [weights.accuracy for weights in entry.weights if weights.accuracy]
    return max(published, default=entry.accuracy)


def is_here(entry: NetworkEntry) -> bool:
    """Weights of it are on this machine."""
    return any(weights.cached for weights in entry.weights)


class EntryModel(QAbstractTableModel):
    """What ships with the program comes first, then the course's networks, then the libraries', each by name."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[NetworkEntry, ...] = ()
        self._titles = (
            self.tr("Network"),
            self.tr("Origin"),
            self.tr("Year"),
            self.tr("Depth"),
            self.tr("Parameters"),
            self.tr("Multiply-adds"),
            self.tr("Top-1"),
            self.tr("Weights"),
        )
        self._tips = {
            DEPTH: self.tr("Layers with weights, as the network's authors count them"),
            MACS: self.tr("Multiplications of convolutions and linear layers for one picture"),
            ACCURACY: self.tr("Published accuracy of its best weights, on the data set they are for"),
            SIZE: self.tr("Size of the default weights; ✓: on this machine"),
        }

    def set_entries(self, entries: Sequence[NetworkEntry]) -> None:
        self.beginResetModel()
        self.entries = tuple(sorted(entries, key=lambda entry: (ORIGINS.index(entry.origin), title_key(entry.title))))
        self.endResetModel()

    def rowCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = _TOP) -> int:
        return 0 if parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole and section not in _WORDS:
            return _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tips.get(section)
        return self._titles[section] if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry, column = self.entries[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return None if column in _WORDS else _RIGHT
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(entry)
        return sort_key(entry, column) if role == SORT_ROLE else None

    def _text(self, entry: NetworkEntry, column: int) -> str:
        accuracy = accuracy_of(entry)
        texts = {
            NAME: entry.title,
            YEAR: _number(entry.year),
            DEPTH: _number(entry.depth),
            PARAMETERS: millions(entry.parameters),
            MACS: millions(entry.macs),
            ACCURACY: "" if accuracy is None else f"{accuracy:.1f} %",
            SIZE: self._size(entry),
            ORIGIN: origin_text(entry.origin),
        }
        return texts[column]

    def _size(self, entry: NetworkEntry) -> str:
        """timm does not tell how large its weights are."""
        mark = "✓" if is_here(entry) else ""
        megabytes = entry.weights[0].megabytes if entry.weights else 0.0
        size = self.tr("%1 MB").replace("%1", f"{megabytes:,.1f}" if megabytes < 10 else f"{megabytes:,.0f}")
        return " ".join(part for part in (mark, size if megabytes else "") if part)

    def _tip(self, entry: NetworkEntry) -> str:
        name = self.tr("%1 on the command line").replace("%1", entry.name)
        return "\n".join(part for part in (name, entry.note) if part)


class EntryRows(QSortFilterProxyModel):
    """Rows that contain ``text``, of one origin or of all (""). What is not known comes last, either way sorted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._text, self._origin = "", ""
        self.setSortRole(SORT_ROLE)

    def show_only(self, text: str, origin: str) -> None:
        self._text, self._origin = text.strip().casefold(), origin
        self.setFilterFixedString(self._text)  # Qt asks filterAcceptsRow anew; invalidating forgets the mark silently

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:  # noqa: ARG002 -- Qt's name and arguments
        entry = self._entry(row)
        if self._origin and entry.origin != self._origin:
            return False
        words = f"{entry.name} {entry.title} {origin_text(entry.origin)} {_number(entry.year)}".casefold()
        return all(word in words for word in self._text.split())

    def lessThan(self, left: Index, right: Index) -> bool:
        first, second = (sort_key(self._entry(each.row()), each.column()) for each in (left, right))
        if first is None or second is None:
            return (first is not None) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return first < second

    def _entry(self, row: int) -> NetworkEntry:
        model = self.sourceModel()
        assert isinstance(model, EntryModel)  # noqa: S101 -- the only model it is made for
        return model.entries[row]


def sort_key(entry: NetworkEntry, column: int) -> float | str | None:
    """None where there is nothing to compare."""
    if column == NAME:
        return title_key(entry.title)
    if column == ORIGIN:
        return f"{ORIGINS.index(entry.origin)}{title_key(entry.title)}"
    if column == ACCURACY:
        return accuracy_of(entry)
    if column == SIZE:
        return entry.weights[0].megabytes or None if entry.weights else None
    return {YEAR: entry.year, DEPTH: entry.depth, PARAMETERS: entry.parameters, MACS: entry.macs}[column]


def title_key(title: str) -> str:
    """Digits by their value: ResNet-18 before ResNet-152."""
    return "".join(part.zfill(6) if part.isdigit() else part.casefold() for part in _parts(title))


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for letter in text:
        if parts and parts[-1].isdigit() == letter.isdigit():
            parts[-1] += letter
        else:
            parts.append(letter)
    return parts


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
