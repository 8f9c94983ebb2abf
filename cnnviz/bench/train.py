"""``cnnviz bench train``: trainer beside bare loop, fast preset beside the usual script, attaching to a long run."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cnnviz.bench.train_attach import seconds_to_attach
from cnnviz.bench.train_attached import measure_attached
from cnnviz.bench.train_target import TARGET, seconds_of_preset, seconds_of_usual_script
from cnnviz.bench.train_throughput import WARM_UP_STEPS, BareLoopAlone, TrainerAtWork


def bench_train(options: argparse.Namespace) -> int:
    """Runs the command and prints its result."""
    with TemporaryDirectory(prefix="cnnviz-bench-") as folder:
        report: dict[str, Any] = {
            "throughput": _throughput(options.network, options.rounds, options.steps, Path(folder))
        }
        if not options.no_window:
            report["attached"] = asdict(
                measure_attached(options.network, options.rounds, options.seconds, Path(folder))
            )
        report["attach"] = {"lines": options.lines, "seconds": seconds_to_attach(Path(folder), options.lines)}
        if options.mnist:
            report["target"] = _target(options.mnist, Path(folder))
    print_report(report, as_json=options.json)
    return 0


def _throughput(network: str, rounds: int, steps: int, folder: Path) -> dict[str, object]:
    """Bare loop and trainer in turn; a round that ran on a busy machine is busy in both of its parts."""
    bare, trainer = BareLoopAlone(network), TrainerAtWork(network, folder / "throughput")
    try:
        bare.measure(WARM_UP_STEPS), trainer.measure(WARM_UP_STEPS)
        pairs = [(bare.measure(steps), trainer.measure(steps)) for _ in range(max(1, rounds))]
    finally:
        trainer.close()
        bare.close()
    return {"network": network, **ratio_of(pairs)}


def ratio_of(pairs: Sequence[tuple[float, float]]) -> dict[str, object]:
    """Medians over the rounds; the ratio is the median of the rounds' ratios."""
    return {
        "bare_images_per_second": statistics.median(bare for bare, _ in pairs),
        "trainer_images_per_second": statistics.median(trainer for _, trainer in pairs),
        "ratio": statistics.median(trainer / bare for bare, trainer in pairs),
        "rounds": len(pairs),
    }


def _target(mnist: Path, folder: Path) -> dict[str, object]:
    """Seconds of training and of testing after each epoch, until the test accuracy is reached."""
    usual, fast = seconds_of_usual_script(mnist, folder), seconds_of_preset(mnist, folder)
    both = {"accuracy": TARGET, "usual_seconds": usual.seconds, "usual_epochs": usual.epochs}
    return {
        **both,
        "preset_seconds": fast.seconds,
        "preset_epochs": fast.epochs,
        "preset_accuracy": fast.accuracy,
        "ratio": fast.seconds / usual.seconds,
    }


def print_report(report: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, indent=2))
        return
    for part, found in report.items():
        print(part)
        for name, value in found.items():
            print(f"  {name:28} {value:.3f}" if isinstance(value, float) else f"  {name:28} {value}")
