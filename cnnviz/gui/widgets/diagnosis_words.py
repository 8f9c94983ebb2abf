"""How findings about a run and their remedies are named in the window. Free of Qt's widgets."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.diagnosis import DiagnosisKind
from cnnviz.core.training.values import Control


def _tr(text: str) -> str:
    return QCoreApplication.translate("DiagnosisWords", text)


def title_text(kind: DiagnosisKind) -> str:
    return {
        "exploding-gradients": _tr("Exploding gradients"),
        "vanishing-gradients": _tr("Vanishing gradients"),
        "dead-relus": _tr("Dead ReLUs"),
        "small-batch-norm": _tr("Batch too small for batch norm"),
        "shuffled-labels": _tr("Shuffled labels"),
        "overfitting": _tr("Overfitting"),
        "low-learning-rate": _tr("Learning rate too low"),
        "plateau": _tr("Plateau"),
    }[kind]


def offer_text(control: Control) -> str:
    """What a button says that carries it out."""
    value = "" if control.value is None else f"{control.value:g}".replace("-", "−")
    words = {
        "learning-rate": _tr("Learning rate %1"),
        "gradient-clipping": _tr("Clip gradients to %1"),
        "momentum": _tr("Momentum %1"),
        "weight-decay": _tr("Weight decay %1"),
        "pause": _tr("Pause"),
        "stop": _tr("Stop"),
    }
    return words.get(control.action, control.action).replace("%1", value)
