"""Which interventions another network keeps."""

import pytest

from cnnviz.core.errors import LayerError
from cnnviz.core.inside.interventions import Intervention, check_intervention, fitting
from cnnviz.core.networks.values import LayerInfo


def layer(name, shape, axes="chw"):
    return LayerInfo(name, name, "", 1, 1, leaf=True, shape=shape, parameters=0, trainable=0, map_axes=axes)


LAYERS = [layer("conv", (8, 5, 5)), layer("windows", (4, 49, 6), ""), layer("nothing", None, "")]


def test_those_that_fit_are_kept_in_their_order_and_the_others_explained():
    wanted = [
        Intervention("conv", "mute", (7,)),
        Intervention("gone", "mute"),
        Intervention("conv", "mute", (8,)),
        Intervention("windows", "scale", None, 2.0),
    ]
    kept, problems = fitting(wanted, LAYERS)
    assert kept == (wanted[0], wanted[3])
    assert [problem.intervention for problem in problems] == [wanted[1], wanted[2]]
    assert problems[0].message.startswith(
        'This network has no layer "gone"; choose one of its 3 layers, such as "conv"'
    )
    assert problems[1].message == '"conv" has no channel 8: choose from its 8, 0 to 7.'


def test_a_layer_without_channels_can_only_be_changed_as_a_whole():
    by_name = {each.name: each for each in LAYERS}
    check_intervention(Intervention("windows", "freeze"), by_name)
    with pytest.raises(LayerError, match='output of "windows" has no channels: change the whole layer'):
        check_intervention(Intervention("windows", "freeze", (0,)), by_name)
    with pytest.raises(LayerError, match='output of "nothing" holds no tensor'):
        check_intervention(Intervention("nothing", "freeze"), by_name)


def test_they_can_be_kept_and_compared():
    assert Intervention("conv", "mute", (1,)) == Intervention("conv", "mute", (1,))
    assert len({Intervention("conv", "mute", (1,)), Intervention("conv", "mute", (1,))}) == 1
