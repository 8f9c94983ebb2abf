"""Torchvision's networks as graphs, folded and unfolded."""

import numpy as np
import pytest
import torch
import torchvision

from cnnviz.core.graph.folding import CallTree, first_open
from cnnviz.core.graph.layout import lay_out
from cnnviz.core.graph.measures import Measures
from cnnviz.core.networks.structure import layers_of

SHAPE = (3, 224, 224)


@pytest.fixture(scope="module")
def trees():
    """By name, made once."""
    made = {}

    def tree(name):
        if name not in made:
            with torch.device("meta"):
                options = {"init_weights": False} if name == "googlenet" else {}
                module = torchvision.models.get_model(name, weights=None, **options).eval()
            made[name] = CallTree(layers_of(module, SHAPE), SHAPE)
        return made[name]

    return tree


def laid_out(tree, opened, direction="down"):
    return lay_out(tree, opened, Measures(), direction, lambda text: 6.0 * len(text))


def overlapping(graph):
    """Pairs of nodes that share more than an edge."""
    boxes = np.array([(one.box.left, one.box.top, one.box.right, one.box.bottom) for one in graph.nodes])
    left, top, right, bottom = boxes.T
    meets = (left[:, None] < right[None] - 1e-6) & (left[None] < right[:, None] - 1e-6)
    meets &= (top[:, None] < bottom[None] - 1e-6) & (top[None] < bottom[:, None] - 1e-6)
    return int(np.triu(meets, 1).sum())


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", ["resnet18", "googlenet", "densenet121", "squeezenet1_1", "mobilenet_v3_small"])
def test_no_boxes_overlap_however_much_is_open(trees, name, direction):
    tree = trees(name)
    for opened in (frozenset(), first_open(tree), frozenset(tree.blocks)):
        assert overlapping(laid_out(tree, opened, direction)) == 0


def test_resnet_18_opens_with_its_stages_and_folded_blocks(trees):
    tree = trees("resnet18")
    assert first_open(tree) == {"layer1", "layer2", "layer3", "layer4"}
    folded = [one.node.name for one in laid_out(tree, first_open(tree)).nodes if one.node.kind == "block"]
    assert folded == [f"layer{stage}.{block}" for stage in range(1, 5) for block in range(2)]


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_a_chain_opens_whole(trees, name):
    tree = trees(name)
    assert first_open(tree) == set(tree.blocks)


def test_densenet_201_unfolded_shows_every_layer_once_and_apart(trees):
    tree = trees("densenet201")
    graph = laid_out(tree, frozenset(tree.blocks))
    assert sum(len(one.node.layers) for one in graph.nodes) == len(tree.ends()) > 700
    assert overlapping(graph) == 0
