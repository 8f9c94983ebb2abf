"""The learning-rate finder as a process beside the window: heard while it goes, and gone when it is not wanted."""

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.rows import NetworkSpec
from cnnviz.core.networks.spec.write import spec_text
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.rate_values import RateCurve, RateStep
from cnnviz.core.training.values import DataChoice, NetworkPlan, OptimizerChoice, RunConfiguration
from cnnviz.gui.rate_search import RateSearch

ROOT = Path(__file__).parents[2]
PATIENCE_MS = 90_000


@pytest.fixture
def settings():
    rows = named((layer("flatten"), layer("linear", features=6)))
    plan = NetworkPlan(spec=spec_text(NetworkSpec("Tiny", (1, 12, 12), rows)))
    return RunConfiguration(plan, DataChoice("shapes", limit=192), 1, 16, OptimizerChoice("adam"))


@pytest.fixture
def search(qapp, monkeypatch, tmp_path):  # noqa: ARG001 -- its event loop
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(tmp_path)
    made = RateSearch()
    made.heard, made.refused = [], []
    made.others = set(psutil.Process().children())  # of other tests
    made.told.connect(made.heard.append)
    made.failed.connect(made.refused.append)
    yield made
    made.close()
    made.deleteLater()


def finders(search):
    """Ended ones count until the system was told to forget them."""
    return [child for child in psutil.Process().children() if child not in search.others]


def test_steps_are_heard_and_the_curve_is_the_last(search, settings, qtbot, tmp_path):
    search.start(replace(settings, batch_size=32))
    search.start(settings)  # in the place of the first, of which nothing is heard
    assert search.is_running
    qtbot.waitUntil(lambda: not search.is_running, timeout=PATIENCE_MS)
    steps = [news for news in search.heard if isinstance(news, RateStep)]
    curve = search.heard[-1]
    assert isinstance(curve, RateCurve)
    assert curve.rates == tuple(step.rate for step in steps)
    assert curve.suggestion is not None
    assert [step.step for step in steps] == list(range(1, len(steps) + 1))
    assert search.refused == []
    qtbot.waitUntil(lambda: not finders(search), timeout=PATIENCE_MS)
    assert list(tmp_path.iterdir()) == []


def test_bad_data_is_a_sentence(search, settings, qtbot, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    search.start(replace(settings, data=DataChoice("folder", root=str(folder))))
    qtbot.waitUntil(lambda: bool(search.refused), timeout=PATIENCE_MS)
    assert search.heard == [] or not isinstance(search.heard[-1], RateCurve)
    assert str(folder) in search.refused[0]
    assert "Traceback" not in search.refused[0]
    assert not search.is_running


def test_what_cannot_be_trained_starts_no_process(search, settings):
    with pytest.raises(ConfigurationError, match="say which folder"):
        search.start(replace(settings, data=DataChoice("folder")))
    assert finders(search) == []


def test_cancelled_it_is_silent_and_gone(search, settings, qtbot):
    search.start(replace(settings, batch_size=2000, data=DataChoice("shapes")))  # slow
    qtbot.waitUntil(lambda: any(isinstance(news, RateStep) for news in search.heard), timeout=PATIENCE_MS)
    (process,) = finders(search)
    search.cancel()
    count = len(search.heard)
    qtbot.waitUntil(lambda: not process.is_running(), timeout=PATIENCE_MS)
    assert len(search.heard) == count
    assert search.refused == []


def test_closed_nothing_is_left_and_nobody_has_to_be_waited_for(search, settings):
    search.start(settings)
    (process,) = finders(search)
    search.close()
    assert not process.is_running()
    assert not search.is_running
    assert search.heard == []
