"""Live views answered frame by frame, in turn where the picture moves."""

import torch

from cnnviz.core.live_views import ThumbnailsView
from cnnviz.engine.answering import answerer_of

LAYERS = tuple(f"conv{number}" for number in range(20))


def answer(answerer, *, whole):
    answerer.begin(whole=whole)
    for layer in answerer.layers:
        answerer.take(layer, torch.zeros(1, 2, 3, 3), torch.rand(2, 3, 3))
    return answerer.finish()


def test_thumbnails_of_a_moving_picture_take_turns_until_all_were_drawn():
    answerer = answerer_of(ThumbnailsView(LAYERS))
    drawn = [set(answer(answerer, whole=False).pictures) for _ in range(3)]
    assert set.union(*drawn) == set(LAYERS)
    assert max(map(len, drawn)) <= 8
    assert not drawn[0] & drawn[1]


def test_a_still_picture_has_all_of_them_at_once():
    assert set(answer(answerer_of(ThumbnailsView(LAYERS)), whole=True).pictures) == set(LAYERS)


def test_layers_that_were_not_called_give_no_answer():
    answerer = answerer_of(ThumbnailsView(LAYERS))
    answerer.begin(whole=True)
    assert answerer.finish() is None


def test_a_view_keeps_what_another_network_has_too():
    view = ThumbnailsView(("a", "b", "c"), side=20)
    assert view.among({"b", "c", "d"}) == ThumbnailsView(("b", "c"), side=20)
    assert view.among({"x"}) is None
