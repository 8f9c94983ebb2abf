"""How an evaluation is said in the window. Free of Qt's widgets."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.evaluation_values import Answer, RunEvaluation
from cnnviz.core.training.sample_edits import SampleEdits
from cnnviz.core.training.values import Split
from cnnviz.gui.widgets.number_text import percent_text, short_value_text
from cnnviz.gui.widgets.placeholders import filled

_TOP5_FROM = 20
"""Classes: of fewer, five are so many that it says little."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("EvaluationWords", text)


def split_text(split: Split) -> str:
    return {"train": _tr("Training"), "validation": _tr("Validation"), "test": _tr("Test")}[split]


def summary_text(found: RunEvaluation) -> str:
    """``step 468 · validation · accuracy 97.6 % · loss 0.08 · ECE 0.6 %``."""
    count, split = len(found.answers.labels), split_text(found.split).lower()
    top5 = found.top5 if len(found.classes) >= _TOP5_FROM else None
    parts = [
        filled(_tr("step %1"), f"{found.step:,}"),
        filled(_tr("1 %2 picture") if count == 1 else _tr("%1 %2 pictures"), f"{count:,}", split),
        filled(_tr("accuracy %1"), percent_text(found.accuracy)),
        "" if top5 is None else filled(_tr("top-5 %1"), percent_text(top5)),
        filled(_tr("loss %1"), short_value_text(found.loss)),
        filled(_tr("ECE %1"), percent_text(found.calibration_error)),
        filled(_tr("%1 unreadable"), found.unreadable) if found.unreadable else "",
    ]
    return " · ".join(filter(None, parts))


def cell_text(found: RunEvaluation, label: int, predicted: int) -> str:
    """What a cell of the confusion matrix says."""
    count, row = found.confusion[label][predicted], sum(found.confusion[label])
    true, said = found.classes[label], found.classes[predicted]
    share = percent_text(count / row) if row else "–"
    if label == predicted:
        return filled(_tr("%1 recognised: %2 of %3 (%4)"), true, f"{count:,}", f"{row:,}", share)
    return filled(_tr("%1 taken for %2: %3 of %4 (%5)"), true, said, f"{count:,}", f"{row:,}", share)


def answer_text(found: RunEvaluation, answer: Answer) -> str:
    """``labelled 4, predicted 9 (98.1 %)``."""
    words = _tr("%1 · labelled %2, predicted %3 (%4)")
    names = found.classes[answer.label], found.classes[answer.predicted]
    return filled(words, answer.key, *names, percent_text(answer.probability))


def edit_text(edits: SampleEdits, key: str) -> str:
    """What the edit list says of a picture; nothing for nothing."""
    if key in edits.excluded:
        return _tr("excluded")
    return filled(_tr("now %1"), edits.relabelled[key]) if key in edits.relabelled else ""


def edits_text(edits: SampleEdits) -> str:
    """How many corrections there are."""
    parts = [
        filled(_tr("%1 relabelled"), len(edits.relabelled)) if edits.relabelled else "",
        filled(_tr("%1 excluded"), len(edits.excluded)) if edits.excluded else "",
    ]
    return " · ".join(filter(None, parts)) or _tr("no corrections yet")
