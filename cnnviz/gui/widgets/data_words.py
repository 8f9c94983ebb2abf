"""What is said about a data set in words."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.values import DataSummary

_NAMED = 8
"""Broken files that are named on view; the others are counted."""

NOTABLE = 1.5
"""Imbalance from which on it is said what helps."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("DataWords", text)


def facts_of(summary: DataSummary) -> list[tuple[str, str]]:
    """Names and values, the most telling first."""
    names = {"train": _tr("training"), "validation": _tr("validation"), "test": _tr("test")}
    totals = " + ".join(f"{split.total:,} {names[split.split]}" for split in summary.splits)
    height, width = summary.input_size
    colour = _tr("grey") if summary.channels == 1 else _tr("colour")
    facts = [
        (_tr("Pictures"), totals),
        (_tr("Classes"), f"{len(summary.classes):,}"),
        (_tr("As found"), _sizes(summary)),
        (_tr("To the network"), f"{height}×{width}, {colour}"),
        (_tr("Mean"), _numbers(summary.mean)),
        (_tr("Deviation"), _numbers(summary.std)),
        (_tr("Largest ÷ smallest"), f"{summary.imbalance:.2f}"),
        (_tr("Kept"), _tr("in memory") if summary.in_memory else _tr("on disk, read batch by batch")),
        (_tr("Folder"), summary.root),
    ]
    return [(name, value) for name, value in facts if value]


def _sizes(summary: DataSummary) -> str:
    shown = ", ".join(f"{height}×{width}" for height, width, _ in summary.sizes[:3])
    return f"{shown} …" if len(summary.sizes) > 3 else shown


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4f}" for value in values)


def facts_text(summary: DataSummary) -> str:
    """As a table, in rich text."""
    rows = "".join(
        f"<tr><td style='padding-right:10px'>{escape(name)}</td><td><b>{escape(value)}</b></td></tr>"
        for name, value in facts_of(summary)
    )
    return f"<table cellspacing='0' cellpadding='1'>{rows}</table>"


def warnings_of(summary: DataSummary) -> list[str]:
    """Sentences about what may spoil a training: imbalance, empty classes, broken files; then what else to know."""
    found = []
    if summary.imbalance >= NOTABLE:
        words = _tr("The largest class has %1 times the pictures of the smallest: balance the classes (Advanced).")
        found.append(words.replace("%1", f"{summary.imbalance:.1f}"))
    if summary.empty_classes:
        words = _tr("Classes without any training picture: %1.")
        found.append(words.replace("%1", ", ".join(summary.empty_classes[:_NAMED])))
    if summary.broken_count:
        found.append(_broken(summary))
    return [*found, *(f"{note[:1].upper()}{note[1:]}." for note in summary.notes)]


def _broken(summary: DataSummary) -> str:
    one = _tr("1 file cannot be read and is left out: %2")
    words = one if summary.broken_count == 1 else _tr("%1 files cannot be read and are left out: %2")
    names = [f"{file.name} ({file.reason})" for file in summary.broken[:_NAMED]]
    rest = summary.broken_count - len(names)
    more = _tr(" and %1 more").replace("%1", str(rest)) if rest > 0 else ""
    return words.replace("%1", f"{summary.broken_count:,}").replace("%2", "; ".join(names) + more)
