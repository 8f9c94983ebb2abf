"""Data looked at by the real engine: numbers and pictures come, augmentations are shown, mistakes are said."""

import numpy as np
import pytest

from cnnviz.core.training.values import Augmentations, DataChoice
from cnnviz.engine.commands import ExamineData, ShowAugmentations
from cnnviz.engine.events import AugmentationsShown, DataExamined, ProblemMet

SHAPES = DataChoice("shapes")


def test_data_is_examined_in_the_shape_that_was_asked_for(engine):
    engine.say(ExamineData(SHAPES, (1, 20, 20)))
    found = engine.link.event(DataExamined)
    assert (found.data, found.shape) == (SHAPES, (1, 20, 20))
    assert found.summary.classes == ("circle", "square", "triangle", "cross", "ring", "bars")
    assert found.samples.pictures.shape[1:] == (20, 20, 3)
    assert np.bincount(found.samples.labels).tolist() == [12] * 6


def test_pictures_of_the_last_data_are_augmented(engine):
    engine.say(ExamineData(SHAPES, (3, 16, 16)))
    engine.link.event(DataExamined)
    engine.say(ShowAugmentations(Augmentations(vertical_flip=True), rows=6, columns=4, seed=1))
    shown = engine.link.event(AugmentationsShown)
    assert shown.tiles.shape == (7, 4, 16, 16, 3)
    for column in range(4):
        original, versions = shown.tiles[0, column], shown.tiles[1:, column]
        flipped = [(version == original[::-1]).all() for version in versions]
        same = [(version == original).all() for version in versions]
        assert all(one or other for one, other in zip(flipped, same, strict=True))
    assert (shown.tiles[1:] != shown.tiles[0]).any()


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (ShowAugmentations(Augmentations()), "choose data first"),
        (ExamineData(DataChoice("folder", "/nowhere"), (1, 8, 8)), "no data folder"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(engine, command, words):
    engine.say(command)
    problem = engine.link.event(ProblemMet)
    engine.expected_problems = [problem]
    assert words in problem.problem.message
