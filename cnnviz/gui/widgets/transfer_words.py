"""How strategies of transfer learning are named in the window. Free of Qt's widgets."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from cnnviz.core.training.transfer_values import Amount, Similarity
from cnnviz.core.training.values import TransferStrategy


def _tr(text: str) -> str:
    return QCoreApplication.translate("TransferWords", text)


def strategy_text(strategy: TransferStrategy) -> str:
    return {
        "none": _tr("Everything learns"),
        "feature-extraction": _tr("Feature extraction"),
        "fine-tuning": _tr("Fine-tuning"),
        "gradual-unfreezing": _tr("Gradual unfreezing"),
        "two-stage": _tr("Two-stage"),
    }[strategy]


def amount_text(amount: Amount) -> str:
    return _tr("little data") if amount == "little" else _tr("much data")


def similarity_text(similarity: Similarity) -> str:
    return _tr("similar") if similarity == "similar" else _tr("different")


def rate_text(rate: float) -> str:
    """``1e−3``, ``2.5e−5``: as short as it can be."""
    mantissa, _, exponent = f"{rate:.1e}".partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}".replace("-", "−")


def parameters_text(count: int) -> str:
    """``512``, ``1.2 k``, ``23.5 M``."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.3g} {letter}"
    return str(count)


def stage_text(name: str) -> str:
    """``features.3 … 4`` of ``features.3 … features.4``: what both ends have in common once."""
    first, between, last = name.partition(" … ")
    parent = first.rpartition(".")[0]
    return f"{first}{between}{last.removeprefix(f'{parent}.') if parent else last}"
