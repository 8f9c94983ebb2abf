"""Takes the README's screenshots of the real window with its real engine, each in light and dark.

``python resources/make/screenshots.py --out resources/screenshots [--data DATA]``, with a screen or under xvfb-run.
"""

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

sys.path.insert(0, str(Path(__file__).parents[2]))  # the checkout this script belongs to, installed or not

from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec.edit import insert
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.values import NetworkChoice, NetworkOffer
from cnnviz.core.resources import resource_path
from cnnviz.core.sources.values import SourceSpec
from cnnviz.core.training.configuration import PRESETS
from cnnviz.core.training.values import DataChoice, OptimizerChoice, Recording
from cnnviz.core.views import Snapshot
from cnnviz.engine.channel import EngineChannel
from cnnviz.gui.action_wiring import ActionWiring
from cnnviz.gui.app import make_application
from cnnviz.gui.controller import Controller
from cnnviz.gui.controllers.training import TrainingSubject
from cnnviz.gui.engine_link import EngineLink
from cnnviz.gui.main_window import MainWindow
from cnnviz.gui.session import Session
from cnnviz.gui.theme import Theme
from cnnviz.start import EventInbox
from cnnviz.state import Selection

SIZE = (1400, 900)
SCHEMES = ("light", "dark")
PATIENCE_MS = 120_000
TRAINING_MS = 40_000  # of each run of the training's picture
SETTLE_MS = 1500  # until numbers that are refreshed a few times a second are those of what is shown


class Program:
    """The program as ``cnnviz --fresh`` starts it."""

    def __init__(self) -> None:
        inbox = EventInbox()
        self._channel = EngineChannel(inbox.put)
        self._channel.start()
        self.window = MainWindow(Theme(make_application()))
        self.controller = Controller(self.window, EngineLink(self._channel, inbox))
        ActionWiring(self.window, self.controller)
        self.controller.restore(Session())
        self.window.resize(*SIZE)
        self.controller.start(None, None)
        self.window.show()

    def wait_until_painted(self, condition: Callable[[Snapshot], bool]) -> None:
        """Ends the script with a sentence if it does not come about."""
        met: list[Snapshot] = []
        loop = QEventLoop()

        def look(snapshot: Snapshot, _: float) -> None:
            if condition(snapshot):
                met.append(snapshot)
                loop.quit()

        self.controller.frame_painted.connect(look)
        QTimer.singleShot(PATIENCE_MS, loop, loop.quit)
        loop.exec()
        self.controller.frame_painted.disconnect(look)
        if not met:
            raise SystemExit(f"The window did not paint what was wanted within {PATIENCE_MS // 1000} seconds.")

    def open(self, network: NetworkChoice, source: SourceSpec | None = None) -> None:
        """Returns when the network's maps are on screen."""
        offers: list[NetworkOffer] = []
        self.controller.network_shown.connect(offers.append)
        if source is not None:
            self.controller.open_source(source)
        self.controller.open_network(network)
        self.wait_until_painted(lambda each: any(each.network == offer.serial for offer in offers))
        self.controller.network_shown.disconnect(offers.append)

    def shoot(self, folder: Path, name: str) -> None:
        """Writes NAME-light.png and NAME-dark.png."""
        for scheme in SCHEMES:
            self.window.theme.set_scheme(scheme)
            settle()
            write(folder / f"{name}-{scheme}.png", self.window.grab().toImage())

    def close(self) -> None:
        self.window.close()
        self._channel.close()


def settle() -> None:
    """Lets the window work for a moment."""
    wait(SETTLE_MS)


def wait(milliseconds: int) -> None:
    """The window works meanwhile."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop, loop.quit)
    loop.exec()


def write(path: Path, image: QImage) -> None:
    """With 256 colours of its own, which take a quarter of the bytes; none is off by more than eyes see."""
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    size, rows = (image.width(), image.height()), bytes(image.constBits())
    picture = Image.frombytes("RGB", size, rows, "raw", "RGB", image.bytesPerLine())
    few = picture.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    few.save(path, optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} KB")


# --------------------------------------------------------------------------------------------------------------- scenes


def first_start(program: Program, folder: Path) -> None:
    program.wait_until_painted(lambda each: bool(each.maps) and each.logits is not None)
    program.shoot(folder, "first-start")


def sketch_pad(program: Program, folder: Path) -> None:
    program.open(NetworkChoice("convnet-mnist"))
    program.window.menus.actions["sketch"].trigger()
    settle()
    draw_three(program.window.sketch.pad)
    program.wait_until_painted(lambda each: each.logits is not None and int(each.logits.argmax()) == 3)
    program.shoot(folder, "sketch")


def draw_three(pad: QWidget) -> None:
    """By the mouse, in one stroke of two arcs that open to the left."""
    upper = [(0.5 + 0.15 * math.cos(turn), 0.34 + 0.14 * math.sin(turn)) for turn in arc(-150, 90)]
    lower = [(0.5 + 0.17 * math.cos(turn), 0.65 + 0.17 * math.sin(turn)) for turn in arc(-90, 150)]
    side, middle = min(pad.width(), pad.height()), pad.rect().center()
    places = [middle + QPoint(round((x - 0.5) * side), round((y - 0.5) * side)) for x, y in upper + lower]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=places[0])
    for place in places[1:]:
        QTest.mouseMove(pad, place)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=places[-1])


def arc(start: int, end: int) -> list[float]:
    """Angles in radians, clockwise from the right."""
    return [math.radians(degrees) for degrees in range(start, end + 1, 10)]


def photo(program: Program, folder: Path, data: Path) -> None:
    network = with_weights("squeezenet1_1", data / "weights" / "squeezenet1_1_imagenet.pth")
    program.open(network, SourceSpec("picture", str(data / "photos" / "cat_chelsea.png")))
    program.shoot(folder, "photo")


def video(program: Program, folder: Path, data: Path) -> None:
    network = with_weights("mobilenet_v2", data / "weights" / "mobilenet_v2_imagenet.pth")
    program.open(network, SourceSpec("video", str(data / "video" / "bottles.mp4")))
    rows = program.window.predictions.rows_box
    usual = rows.value()
    rows.setValue(1)
    program.shoot(folder, "video")
    rows.setValue(usual)


def graph(program: Program, folder: Path) -> None:
    """ResNet-18 as it first unfolds, with the strongest map on each layer."""
    program.open(NetworkChoice("resnet18", weights="none"), SourceSpec("test-card"))
    dock = program.window.open_dock("graph")
    dock.setFloating(True)
    dock.resize(900, 860)
    dock.maps_button.setChecked(True)
    settle()
    shoot_widget(program, dock, folder, "graph")
    dock.setFloating(False)
    dock.hide()


def builder(program: Program, folder: Path) -> None:
    """LeNet-5 with a row that cannot be, in its workspace."""
    program.open(NetworkChoice("lenet5", weights="none"))
    program.window.workspaces.switch("build")
    lenet = CLASSICS["lenet5"].spec()
    program.window.dock("builder").show_spec(insert(lenet, (6,), layer("conv", "conv3", filters=32, kernel=7)))
    program.shoot(folder, "builder")
    program.window.workspaces.switch("explore")


def inside(program: Program, folder: Path, data: Path) -> None:
    """A unit of SqueezeNet on a photo: its field, its sum, the filters of its layer, and a muted channel."""
    network = with_weights("squeezenet1_1", data / "weights" / "squeezenet1_1_imagenet.pth")
    program.open(network, SourceSpec("picture", str(data / "photos" / "bird_chickadee.jpg")))
    for name in ("filters", "statistics", "interventions", "unit"):
        program.window.open_dock(name)
    program.controller.select(Selection("features.3.expand3x3", 5, (26, 30)))
    settle()
    program.shoot(folder, "unit")
    program.window.open_dock("filters")
    program.controller.select(Selection("features.0", 5, (50, 60)))
    settle()
    program.shoot(folder, "filters")


def training(program: Program, folder: Path, data: Path) -> None:
    """Three optimisers on MNIST, over each other; the docks look through the last one, which is still at work."""
    program.open(NetworkChoice("convnet-mnist"), SourceSpec("picture", str(resource_path("pictures", "digit-7.png"))))
    program.window.workspaces.switch("train")
    runs = program.controller.subject(TrainingSubject).runs
    with TemporaryDirectory() as place:
        for name, rate in (("rmsprop", 1e-3), ("adam", 1e-3), ("sgd", 1e-1)):
            settings = replace(
                PRESETS["lecture"],
                epochs=1,
                optimizer=OptimizerChoice(name, rate),
                data=DataChoice("mnist", root=str(data / "MNIST"), limit=12_000),
                recording=Recording(metrics=2, layers=10),
            )
            runs.start(Path(place, name), settings)
            wait(TRAINING_MS // 2)
            watch(program, Path(place, name))
            wait(TRAINING_MS // 2)
        program.shoot(folder, "training")
        runs.close()
    program.window.workspaces.switch("explore")


def watch(program: Program, run: Path) -> None:
    """Maps, filters and predictions look through the weights of a run as it learns."""
    program.controller.subject(TrainingSubject).choose(run)
    program.window.open_dock("checkpoints").live_button.click()
    program.window.open_dock("filters")


def shoot_widget(program: Program, widget: QWidget, folder: Path, name: str) -> None:
    """Of one dock that floats."""
    for scheme in SCHEMES:
        program.window.theme.set_scheme(scheme)
        settle()
        write(folder / f"{name}-{scheme}.png", widget.grab().toImage())


def with_weights(name: str, file: Path) -> NetworkChoice:
    return NetworkChoice(name, weights="none", weights_file=str(file))


def main() -> None:
    parser = argparse.ArgumentParser(description="Take the README's screenshots.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--data", type=Path, help="the developers' data folder, for the photo and the video")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    program = Program()
    try:
        first_start(program, options.out)
        if options.data is None:
            print("No photo and no video: they need ImageNet weights and real pictures, given with --data.")
        else:
            photo(program, options.out, options.data)
            video(program, options.out, options.data)
            inside(program, options.out, options.data)
            training(program, options.out, options.data)
        sketch_pad(program, options.out)
        graph(program, options.out)
        builder(program, options.out)
    finally:
        program.close()


if __name__ == "__main__":
    main()
