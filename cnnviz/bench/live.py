"""``cnnviz bench live``: frames inferred per second beside the bare network's, bare and live parts in turn."""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable, Sequence
from typing import Protocol

from cnnviz.bench.bare import BareNetwork, BareRate
from cnnviz.bench.recording import LivePart
from cnnviz.core.networks.values import NetworkChoice

NETWORKS = ("squeezenet1_1", "resnet18", "mobilenet_v3_small")
"""Measured when none is named."""

WARM_UP_SECONDS = 10.0
"""The engine tries its thread counts meanwhile."""


class LiveSide(Protocol):
    """The program at work: with the real window, or the engine alone."""

    def open(self, choice: NetworkChoice) -> str:
        """Shows the network on a moving source; returns its device."""

    def measure(self, seconds: float) -> LivePart:
        """Lets it run for ``seconds`` and pauses it again."""

    def close(self) -> None:
        """Ends the engine."""


def bench_live(options: argparse.Namespace) -> int:
    """Runs the command and prints its result."""
    side = _live_side(windowed=not options.no_window)
    try:
        results = [_bench(name, side, options) for name in options.network or NETWORKS]
    finally:
        side.close()
    report = {"device": results[0]["device"], "results": results}
    _print(report, as_json=options.json)
    return 0


def _live_side(*, windowed: bool) -> LiveSide:
    if windowed:
        from cnnviz.bench.window_side import WindowSide

        return WindowSide()
    from cnnviz.bench.engine_side import EngineSide

    return EngineSide()


def _bench(name: str, side: LiveSide, options: argparse.Namespace) -> dict[str, object]:
    choice = NetworkChoice(name, weights="none")
    device = side.open(choice)
    bare = BareNetwork(choice, device)
    try:
        side.measure(WARM_UP_SECONDS)
        rounds = [
            (bare.measure(options.seconds / 2), side.measure(options.seconds)) for _ in range(max(1, options.rounds))
        ]
    finally:
        bare.close()
    return {"device": device, **_summary(name, rounds)}


def _summary(name: str, rounds: Sequence[tuple[BareRate, LivePart]]) -> dict[str, object]:
    def median(value: Callable[[BareRate, LivePart], float]) -> float:
        return round(statistics.median(value(bare, live) for bare, live in rounds), 3)

    return {
        "network": name,
        "bare_fps": median(lambda bare, _: bare.fps),
        "live_fps": median(lambda _, live: live.live_fps),
        "painted_fps": median(lambda _, live: live.painted_fps),
        "live_ratio": median(lambda bare, live: live.live_fps / bare.fps),
        "ui_gap_ms": {
            "p50": median(lambda _, live: percentile(live.gaps_ms, 50)),
            "p99": median(lambda _, live: percentile(live.gaps_ms, 99)),
            "max": median(lambda _, live: max(live.gaps_ms, default=0.0)),
        },
        "latency_ms": median(lambda _, live: statistics.median(live.latencies_ms or (0.0,))),
        "forward_ms": median(lambda bare, _: bare.forward_ms),
        "bare_threads": rounds[-1][0].threads,
        "bare_channels_last": rounds[-1][0].channels_last,
        "rounds": len(rounds),
    }


def percentile(values: Sequence[float], percent: int) -> float:
    """By the nearest rank; 0 of nothing."""
    ordered = sorted(values)
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)] if ordered else 0.0


def _print(report: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(report, indent=2))
        return
    results = report["results"]
    assert isinstance(results, list)  # noqa: S101 - made above
    for result in results:
        gaps = result["ui_gap_ms"]
        print(
            f"{result['network']:20} bare {result['bare_fps']:6.1f}/s  live {result['live_fps']:6.1f}/s  "
            f"ratio {result['live_ratio']:.2f}  painted {result['painted_fps']:5.1f}/s  gap p99 {gaps['p99']:.1f} ms "
            f"max {gaps['max']:.1f} ms  latency {result['latency_ms']:.1f} ms (forward {result['forward_ms']:.1f} ms)"
        )
