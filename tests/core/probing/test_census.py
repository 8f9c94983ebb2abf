"""A census: the same numbers as numpy gives over all pictures at once."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from cnnviz.core.networks.structure import layers_of
from cnnviz.core.probing.census import picture_rows, take_census

SHAPE = (3, 4, 4)


def finish(steps):
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return end.value, seen


def layers(network, *names):
    return [layer for layer in layers_of(network, SHAPE) if layer.name in names]


def pictures(count, seed=0):
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(seed))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 50))
def test_the_same_as_all_pictures_at_once(count, batch, seed):
    network = nn.Sequential(nn.ReLU())
    data = pictures(count, seed)
    census, seen = finish(take_census(network, layers(network, "0"), data.split(batch)))
    maps = data.clamp(min=0).numpy()
    found = census.layers["0"]
    means = maps.mean((2, 3))
    np.testing.assert_allclose(found.mean, means.mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.deviation, means.std(0), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(found.maximum, maps.max((0, 2, 3)))
    np.testing.assert_array_equal(found.strongest, maps.max((2, 3)).argmax(0))
    np.testing.assert_allclose(found.frequency, (maps.max((2, 3)) > 0).mean(0), rtol=1e-6)
    np.testing.assert_allclose(found.density, (maps > 0).mean((0, 2, 3)), rtol=1e-6)
    assert census.pictures == count
    assert seen == list(np.minimum(np.arange(batch, count + batch, batch), count))


def test_dead_channels_and_vectors():
    network = nn.Sequential(nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    data = pictures(3).abs()
    data[:, 1] *= -1
    census, _ = finish(take_census(network, layers(network, "0", "2"), [data]))
    assert census.layers["0"].dead.tolist() == [1]
    assert census.layers["2"].dead.tolist() == [1]
    np.testing.assert_allclose(census.layers["2"].maximum, data.clamp(min=0).mean((2, 3)).amax(0), rtol=1e-6)


def test_values_that_are_not_finite_are_left_out_and_counted():
    network = nn.Sequential(nn.Identity())
    data = torch.ones(2, *SHAPE)
    data[0, 0, 0, 0], data[0, 1], data[1, 2, 1, 1] = torch.nan, torch.nan, torch.inf
    found = finish(take_census(network, layers(network, "0"), [data]))[0].layers["0"]
    assert found.mean.tolist() == [1, 1, 1]
    assert found.maximum.tolist() == [1, 1, 1]
    assert found.not_finite.tolist() == [1, 1, 1]
    assert found.strongest.tolist() == [0, 1, 0]


def test_a_channel_that_never_is_a_number():
    rows = picture_rows(torch.full((1, 1, 4), torch.nan))
    np.testing.assert_array_equal(rows[:, 0, 0], [np.nan, -np.inf, 0, 1])
    network = nn.Sequential(nn.Identity())
    found = finish(take_census(network, layers(network, "0"), [torch.full((1, *SHAPE), torch.nan)]))[0].layers["0"]
    assert np.isnan(found.maximum).all()
    assert np.isnan(found.mean).all()
    assert found.strongest.tolist() == [-1, -1, -1]


def test_layers_that_give_nothing_are_told_apart_from_those_that_do():
    class Folds(nn.Module):
        def forward(self, x):
            return x.flatten(0, 1)[:, None]

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.skip = False
            self.a, self.b, self.folds = nn.ReLU(), nn.ReLU(), Folds()

        def forward(self, x):
            self.folds(x)
            return self.a(x) if self.skip else self.b(self.a(x))

    network = Network()
    chosen = layers(network, "a", "b", "folds")
    network.skip = True
    census, _ = finish(take_census(network, chosen, pictures(4).split(2)))
    assert set(census.layers) == {"a"}
    assert 'this network calls "b" never' in census.missing["b"]
    assert '"folds" mixes the pictures of a batch' in census.missing["folds"]


def test_no_pictures_no_numbers():
    network = nn.Sequential(nn.ReLU())
    census, seen = finish(take_census(network, layers(network, "0"), []))
    assert (census.pictures, dict(census.layers), dict(census.missing), seen) == (0, {}, {}, [])


@pytest.mark.parametrize("way", ["close", "error"])
def test_nothing_is_left_on_the_network(way):
    network = nn.Sequential(nn.ReLU())
    batches = iter([pictures(1), "no picture"])
    steps = take_census(network, layers(network, "0"), batches)
    next(steps)
    if way == "close":
        steps.close()
    else:
        with pytest.raises(TypeError):
            next(steps)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
