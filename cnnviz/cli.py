"""The ``cnnviz`` command. Each command imports what it needs when it runs, so that none pays for another."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from cnnviz import __version__

USER_ERROR = 2
"""Exit code of bad input: one clear line on standard error."""
RUN_FAILED = 1
"""Exit code of training that had begun and could not go on; the run's folder can be resumed."""

_LARGEST = 4096
"""Of the sides of a network's input; the registry takes no more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    options = _parser().parse_args(arguments)
    command = options.run
    from cnnviz.core.errors import CnnvizError, CodeConfirmationError

    try:
        code = int(command(options))
        sys.stdout.flush()
    except CnnvizError as error:
        way_out = " (`--run-code` does)" if isinstance(error, CodeConfirmationError) else ""
        sys.stderr.write(f"cnnviz: {error.message}{way_out}\n")
        return USER_ERROR
    except BrokenPipeError:  # `cnnviz networks | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it flushes at its end
        return 0
    return code


class _OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the usage before it."""

    def error(self, message: str) -> NoReturn:
        self.exit(USER_ERROR, f"{self.prog}: {message}; `{self.prog} --help` shows what is allowed\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog="cnnviz", description="See inside convolutional networks, live. Without a command: the window."
    )
    parser.add_argument("--version", action="version", version=f"cnnviz {__version__}")
    _add_start_options(parser)
    parser.set_defaults(run=_window)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_OneLineParser)
    _add_snapshot(commands)
    _add_networks(commands)
    _add_summary(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_bench(commands)
    return parser


def _add_start_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--network", metavar="NAME", help="start with this network of the registry, or in this file")
    _add_run_code(parser)
    parser.add_argument("--weights", metavar="FILE", help="with --network: a weights file (.pth, .pt, .safetensors)")
    parser.add_argument("--input", metavar="WHAT", help="start with this picture, folder, video, URL, or camera:0")
    parser.add_argument("--theme", choices=("system", "light", "dark"), help="colours of the window")
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--session", type=Path, metavar="FILE", help="start with what File, Save session… kept")
    begin.add_argument("--fresh", action="store_true", help="forget the last session and start as the first time")


def _add_run_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--run-code", action="store_true", help="allow a network in a Python file to run its code")


def _add_snapshot(commands: argparse._SubParsersAction[_OneLineParser]) -> None:
    parser = commands.add_parser(
        "snapshot", help="write the feature maps of one picture as PNG files; no display needed"
    )
    parser.add_argument("--network", required=True, metavar="NAME", help="a network of `cnnviz networks`, or a file")
    _add_run_code(parser)
    parser.add_argument("--weights", metavar="FILE", help="a weights file instead of the published weights")
    parser.add_argument(
        "--input", required=True, type=Path, metavar="FILE", help="a picture or a video (its first frame)"
    )
    parser.add_argument(
        "--layer", action="append", default=[], metavar="LAYER", help="may be repeated; `all` for every layer"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda, cuda:1, mps; automatic otherwise")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="made if it is not there")
    parser.add_argument("--json", action="store_true", help="print snapshot.json as well")
    parser.set_defaults(run=_snapshot)


def _add_networks(commands: argparse._SubParsersAction[_OneLineParser]) -> None:
    parser = commands.add_parser("networks", help="list the registry")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_networks)


def _add_summary(commands: argparse._SubParsersAction[_OneLineParser]) -> None:
    parser = commands.add_parser("summary", help="layers, shapes, parameters, multiply-adds and receptive fields")
    parser.add_argument("network", metavar="NAME|FILE", help="a network of `cnnviz networks`, or a network file")
    parser.add_argument("--input-size", type=_size, metavar="HxW", help="height and width instead of the network's own")
    _add_run_code(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_summary)


def _add_train(commands: argparse._SubParsersAction[_OneLineParser]) -> None:
    from cnnviz.core.training.options import add_train_options

    parser = commands.add_parser("train", help="train a network; everything about the run is in its folder")
    add_train_options(parser)
    parser.add_argument("--json", action="store_true", help="print how it ended as JSON")
    parser.set_defaults(run=_train)


def _add_evaluate(commands: argparse._SubParsersAction[_OneLineParser]) -> None:
    parser = commands.add_parser("evaluate", help="what a run's network answers for every held-out picture")
    parser.add_argument("evaluated", type=Path, metavar="RUN", help="a run's folder; evaluation.json is written there")
    parser.add_argument("--checkpoint", default="latest", metavar="STEP", help="of this step; the newest otherwise")
    parser.add_argument("--split", choices=("train", "validation", "test"), default="validation", help="which pictures")
    parser.add_argument("--data-root", default="", metavar="DIR", help="where the data is now, if it was moved")
    parser.add_argument("--device", default="", metavar="NAME", help="instead of the one the run was trained on")
    parser.add_argument("--json", action="store_true", help="as JSON, without the answers for single pictures")
    parser.set_defaults(run=_evaluate)


def _add_bench(commands: argparse._SubParsersAction[_OneLineParser]) -> None:
    parser = commands.add_parser("bench", help="measure this machine against the bare network")
    benches = parser.add_subparsers(title="benches", metavar="BENCH", required=True, parser_class=_OneLineParser)
    live = benches.add_parser("live", help="frames per second beside the bare network's, with the real window")
    live.add_argument("--network", action="append", default=[], metavar="NAME", help="may be repeated")
    live.add_argument("--seconds", type=_positive, default=6.0, metavar="S", help="length of each live part")
    live.add_argument("--rounds", type=int, default=3, metavar="N", help="bare and live parts in turn, this often")
    live.add_argument("--no-window", action="store_true", help="the engine alone, where Qt is missing")
    live.add_argument("--json", action="store_true", help="as JSON")
    live.set_defaults(run=_bench_live)
    startup = benches.add_parser("startup", help="time to the window and to the first maps")
    startup.add_argument("--rounds", type=int, default=5, metavar="N", help="starts of each kind")
    startup.add_argument("--json", action="store_true", help="as JSON")
    startup.set_defaults(run=_bench_startup)
    memory = benches.add_parser("memory", help="memory of both processes while everything is switched")
    memory.add_argument("--minutes", type=_positive, default=10.0, metavar="M", help="after a warm-up")
    memory.add_argument("--video", metavar="FILE", help="instead of one that is made for the run")
    memory.add_argument("--switch-seconds", type=_positive, default=3.0, metavar="S", help="until the next source")
    memory.add_argument("--json", action="store_true", help="as JSON")
    memory.set_defaults(run=_bench_memory)
    structure = benches.add_parser(
        "structure", help="structure and graph beside a forward pass, summaries, the builder"
    )
    structure.add_argument("--rounds", type=int, default=5, metavar="N", help="forward pass and structure in turn")
    structure.add_argument("--no-window", action="store_true", help="without the builder, where Qt is missing")
    structure.add_argument("--json", action="store_true", help="as JSON")
    structure.set_defaults(run=_bench_structure)
    inside = benches.add_parser("inside", help="receptive fields, interventions and open docks beside a forward pass")
    inside.add_argument("--rounds", type=int, default=5, metavar="N", help="each measured in turn with its limit")
    inside.add_argument("--seconds", type=_positive, default=4.0, metavar="S", help="length of each part in the window")
    inside.add_argument("--no-window", action="store_true", help="without the docks, where Qt is missing")
    inside.add_argument("--json", action="store_true", help="as JSON")
    inside.set_defaults(run=_bench_inside)
    train = benches.add_parser("train", help="the trainer beside a bare loop, the fast preset, attaching to a long run")
    train.add_argument("--network", default="convnet-mnist", metavar="NAME", help="of the throughput")
    train.add_argument("--rounds", type=int, default=9, metavar="N", help="bare loop and trainer in turn, this often")
    train.add_argument("--steps", type=int, default=30, metavar="N", help="of each part of a round")
    train.add_argument(
        "--seconds", type=_positive, default=8.0, metavar="S", help="of each part with the window attached"
    )
    train.add_argument("--no-window", action="store_true", help="without that, where Qt is missing")
    train.add_argument("--lines", type=int, default=1_000_000, metavar="N", help="logged steps of the run to attach to")
    train.add_argument("--mnist", type=Path, metavar="DIR", help="time to 99 %% on the MNIST files in this folder, too")
    train.add_argument("--json", action="store_true", help="as JSON")
    train.set_defaults(run=_bench_train)


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds between 0 and 86400")
    return value


def _size(text: str) -> tuple[int, int]:
    height, _, width = text.lower().partition("x")
    if not (height.isdecimal() and width.isdecimal() and 1 <= int(height) <= _LARGEST and 1 <= int(width) <= _LARGEST):
        raise argparse.ArgumentTypeError(f"{text} is no height and width from 1 to {_LARGEST}, such as 224x224")
    return int(height), int(width)


def _window(options: argparse.Namespace) -> int:
    from cnnviz.start import start_window

    return start_window(options)


def _snapshot(options: argparse.Namespace) -> int:
    from cnnviz.core.networks.values import NetworkChoice
    from cnnviz.core.snapshot import take_snapshot

    choice = NetworkChoice(options.network, weights_file=options.weights or "", confirmed_code=options.run_code)
    result = take_snapshot(choice, options.input, options.layer, options.device, options.out)
    if options.json:
        print(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        best = result["top5"][0] if result["top5"] else None
        print(
            f"{options.out}: {len(result['layers'])} layers"
            + (f"; {best['label']} {best['probability']:.3f}" if best else "")
        )
    return 0


def _networks(options: argparse.Namespace) -> int:
    from dataclasses import asdict

    from cnnviz.core.networks.catalog import entries

    listed = entries()
    if options.json:
        print(json.dumps([asdict(entry) for entry in listed], indent=2))
        return 0
    for entry in listed:
        parameters = f"{entry.parameters:,}" if entry.parameters else ""
        weights = ", ".join(f"{each.name}{' (here)' if each.cached else ''}" for each in entry.weights)
        print(f"{entry.name:28} {entry.origin:12} {parameters:>14}  {weights}")
    return 0


def _summary(options: argparse.Namespace) -> int:
    from cnnviz.core.networks.summary import summarise, table_of

    summary = summarise(options.network, options.input_size, run_code=options.run_code)
    print(json.dumps(summary, indent=2, ensure_ascii=False) if options.json else table_of(summary))
    if summary["problem"]:
        sys.stderr.write(f"cnnviz: {summary['problem']}\n")
    return 0 if summary["complete"] else USER_ERROR


def _train(options: argparse.Namespace) -> int:
    if options.tensorboard:
        return _export_run(options)
    return _find_rate(options) if options.find_lr else _train_run(options)


def _export_run(options: argparse.Namespace) -> int:
    from cnnviz.core.training.options import run_to_export
    from cnnviz.core.training.tensorboard_export import export_tensorboard

    count = export_tensorboard(run_to_export(options), options.tensorboard)
    print(json.dumps({"values": count}) if options.json else f"{options.tensorboard}: {count:,} values")
    return 0


def _find_rate(options: argparse.Namespace) -> int:
    from cnnviz.core.training.options import configuration_of
    from cnnviz.core.training.rate_command import find_rate
    from cnnviz.core.training.rate_values import news_line
    from cnnviz.core.training.report import rate_lines

    watch = (lambda news: print(news_line(news), flush=True)) if options.json_lines else None
    curve = find_rate(configuration_of(options), watch)
    print(news_line(curve) if options.json or options.json_lines else rate_lines(curve))
    return 0


def _train_run(options: argparse.Namespace) -> int:
    from cnnviz.core.training.errors import RunFailedError
    from cnnviz.core.training.options import changes_of, run_of
    from cnnviz.core.training.report import end_line, epoch_line, run_report
    from cnnviz.core.training.run import train_run

    path, configuration = run_of(options)
    watch = None if options.json else lambda status, found: print(epoch_line(status, found), flush=True)
    try:
        rate, clipping = (None, None) if configuration else changes_of(options)
        end = train_run(path, configuration, learning_rate=rate, gradient_clipping=clipping, watch=watch)
    except RunFailedError as error:
        sys.stderr.write(f"cnnviz: {error.message}\n")
        return RUN_FAILED
    if end.leads:
        report = run_report(path)
        print(json.dumps(report, indent=2) if options.json else end_line(report))
    return 128 + end.signal if end.signal else 0


def _evaluate(options: argparse.Namespace) -> int:
    from cnnviz.core.training.evaluate import evaluate_run
    from cnnviz.core.training.report import evaluation_lines, evaluation_report
    from cnnviz.core.training.run_network import moment_of

    moment = moment_of(options.checkpoint)
    found = evaluate_run(
        options.evaluated, moment=moment, split=options.split, data_root=options.data_root, device=options.device
    )
    print(json.dumps(evaluation_report(found), indent=2) if options.json else evaluation_lines(found))
    return 0


def _bench_live(options: argparse.Namespace) -> int:
    from cnnviz.bench.live import bench_live

    return bench_live(options)


def _bench_startup(options: argparse.Namespace) -> int:
    from cnnviz.bench.startup import bench_startup

    return bench_startup(options)


def _bench_memory(options: argparse.Namespace) -> int:
    from cnnviz.bench.memory import bench_memory

    return bench_memory(options)


def _bench_structure(options: argparse.Namespace) -> int:
    from cnnviz.bench.structure import bench_structure

    return bench_structure(options)


def _bench_train(options: argparse.Namespace) -> int:
    from cnnviz.bench.train import bench_train

    return bench_train(options)


def _bench_inside(options: argparse.Namespace) -> int:
    from cnnviz.bench.inside import bench_inside

    return bench_inside(options)
