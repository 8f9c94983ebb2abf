"""A run in a few numbers, as the command line prints it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from cnnviz.core.counted import counted
from cnnviz.core.training.diagnosis import diagnose
from cnnviz.core.training.evaluation_values import RunEvaluation
from cnnviz.core.training.rate_values import RateCurve, RateSource
from cnnviz.core.training.run_reader import RunReader
from cnnviz.core.training.strict_json import plain
from cnnviz.core.training.values import Evaluation, RunStatus, Split

_RATE_SOURCES: dict[RateSource, str] = {
    "": "",
    "before-divergence": "a tenth of the rate where the loss was lowest before it rose",
    "steepest-descent": "where the loss fell fastest; it did not rise up to the highest rate",
}


def run_report(path: Path) -> dict[str, object]:
    """The last status, of each split the last loss and accuracy, and what looks wrong; ready for JSON."""
    reader = RunReader(path)
    reader.refresh()
    status = reader.status()
    found: dict[str, object] = {"run": str(path), "epoch": status.epoch, **_plain(status)}
    for split in get_args(Split):
        series = reader.series(split)
        if len(series.steps):
            found[split] = plain({"loss": float(series.loss[-1]), "accuracy": float(series.accuracy[-1])})
    found["diagnoses"] = plain(diagnose(reader))
    return found


def epoch_line(status: RunStatus, validation: Evaluation) -> str:
    """What is printed after each epoch."""
    pace = f", {status.images_per_second:,.0f} images/s" if status.images_per_second else ""
    return (
        f"epoch {status.epoch:.0f}: validation loss {validation.loss:.4f}, accuracy {validation.accuracy:.4f}; "
        f"{status.seconds:.1f} s{pace}"
    )


def end_line(report: Mapping[str, Any]) -> str:
    """What is printed at the end."""
    words = f"{report['run']}: {report['state']} after {counted(report['step'], 'step')}, {report['seconds']:.1f} s"
    if report["best_step"] is not None:
        words += f"; best validation accuracy {report['best_accuracy']:.4f} at step {report['best_step']:,}"
    return "\n".join([words, *(f"{each['sentence']} {each['remedy']}" for each in report["diagnoses"])])


def rate_lines(curve: RateCurve) -> str:
    """Ten of the rates that were tried, and the one to begin with."""
    rows = list(zip(curve.rates, curve.losses, strict=True))[:: max(1, len(curve.rates) // 10)]
    table = "\n".join(f"{rate:10.2e}  loss {loss:.4f}" for rate, loss in rows)
    if curve.suggestion is None:
        return f"{table}\nThe loss did not fall at any of these rates."
    return f"{table}\nbegin with {curve.suggestion:.1e}: {_RATE_SOURCES[curve.source]}"


def evaluation_report(found: RunEvaluation) -> dict[str, object]:
    """Everything but the answers for single pictures, which are in the run's folder; ready for JSON."""
    return {name: value for name, value in _plain(found).items() if name != "answers"}


def evaluation_lines(found: RunEvaluation) -> str:
    """A line for all, and one a class."""
    top5 = "" if found.top5 is None else f", top-5 {found.top5:.4f}"
    rows = [
        f"{each.name[:24]:24} {each.support:7,}  {_percent(each.precision)} {_percent(each.recall)} {_percent(each.f1)}"
        for each in found.scores
    ]
    first = (
        f"step {found.step:,}, {found.split}: accuracy {found.accuracy:.4f}{top5}, loss {found.loss:.4f}, "
        f"calibration error {found.calibration_error:.4f}"
    )
    return "\n".join([first, f"{'class':24} {'count':>7}  precision recall f1", *rows])


def _percent(share: float | None) -> str:
    return "     —" if share is None else f"{share:6.1%}"


def _plain(value: object) -> dict[str, object]:
    content = plain(value)
    assert isinstance(content, dict)  # noqa: S101 - plain makes one of every dataclass
    return content
