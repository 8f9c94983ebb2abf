"""config.json: written and read back, and refused where anything in it is not as it must be."""

import argparse
import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.core.training.configuration import (
    PRESETS,
    checked,
    installed_versions,
    read_configuration,
    write_configuration,
)
from cnnviz.core.training.errors import ConfigurationError
from cnnviz.core.training.options import add_train_options, configuration_of
from cnnviz.core.training.strict_json import plain, read, read_text, write_text
from cnnviz.core.training.values import (
    Augmentations,
    DataChoice,
    LossChoice,
    NetworkPlan,
    OptimizerChoice,
    Recording,
    RunConfiguration,
    ScheduleChoice,
)


def numbers(kind, names):
    """Any allowed numbers for these fields."""
    limits = {each.name: each.metadata["limits"] for each in fields(kind) if each.name in names}
    return {name: st.floats(limits[name].low, limits[name].high) for name in names}


CONFIGURATIONS = st.builds(
    RunConfiguration,
    network=st.builds(
        NetworkPlan, name=st.just("alexnet"), input_size=st.none() | st.tuples(*[st.integers(1, 999)] * 2)
    ),
    data=st.builds(DataChoice, limit=st.integers(0, 9999), validation=st.none() | st.floats(0, 0.9)),
    optimizer=st.builds(
        OptimizerChoice,
        name=st.sampled_from(["sgd", "rmsprop", "adam", "adamw"]),
        **numbers(OptimizerChoice, ["learning_rate", "momentum", "weight_decay"]),
    ),
    schedule=st.builds(ScheduleChoice, name=st.sampled_from(["step", "cosine"]), **numbers(ScheduleChoice, ["warmup"])),
    loss=st.builds(LossChoice, class_weights=st.lists(st.floats(0, 1e6)).map(tuple)),
    augmentations=st.builds(
        Augmentations, horizontal_flip=st.booleans(), **numbers(Augmentations, ["rotation", "hue"])
    ),
    epochs=st.integers(1, 100_000),
    seed=st.integers(0, 2**63 - 1),
)


def test_class_weights_are_numbers_with_commas_on_the_command_line(capsys):
    parser = argparse.ArgumentParser()
    add_train_options(parser)
    assert configuration_of(parser.parse_args(["--class-weights", "1,2.5,0"])).loss.class_weights == (1.0, 2.5, 0.0)
    assert "weight of each class in the loss" in parser.format_help()
    with pytest.raises(SystemExit):
        parser.parse_args(["--class-weights", "1,heavy"])
    assert "invalid" in capsys.readouterr().err
    with pytest.raises(ConfigurationError, match="class_weights"):
        configuration_of(parser.parse_args(["--class-weights", "1,-2"]))


@given(CONFIGURATIONS)
def test_what_is_written_is_read_back(configuration):
    assert read_text(RunConfiguration, write_text(checked(configuration)), "config.json") == configuration


def test_a_file_names_the_versions_that_made_it(tmp_path, tiny_run):
    file = tmp_path / "config.json"
    file.write_text(write_configuration(tiny_run), encoding="utf-8")
    assert read_configuration(file) == replace(tiny_run, versions=installed_versions())
    assert {"cnnviz", "python", "torch", "torchvision", "numpy"} == set(installed_versions())


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_sound(preset):
    assert checked(PRESETS[preset]) == PRESETS[preset]


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("epochs", 0, "epochs is 0: it must be between 1 and 100000"),
        ("epochs", 2.5, "epochs is 2.5: it must be a whole number"),
        ("epochs", True, "epochs is True: it must be a whole number"),
        ("seed", "7", "seed is '7': it must be a whole number"),
        ("deterministic", 1, "deterministic is 1: it must be true or false"),
        ("optimizer", {"name": "lion"}, "optimizer: name is 'lion': it must be one of sgd, rmsprop, adam, adamw"),
        ("optimizer", {"learning_rate": float("nan")}, "learning_rate is nan: it must be a finite number"),
        ("optimizer", {"betas": [0.9]}, "betas is \\[0.9\\]: it must be a list of 2"),
        ("optimizer", {"betas": [0.9, 1.0]}, "betas is 1.0: it must be between 0 and 0.99999"),
        ("optimizer", [], "optimizer is \\[\\]: it must be a JSON object"),
        ("network", {"input_size": [28]}, "input_size is \\[28\\]: it must be a list of 2"),
        ("network", {"spec": "x" * 1_000_001}, "spec is .*: it must be a text of at most 1,000,000 characters"),
        ("versions", {"torch": 2}, "versions: torch is 2: it must be a text"),
        ("loss", {"class_weights": [1, "2"]}, "class_weights is '2': it must be a finite number"),
        ("epoch", 3, "unknown key 'epoch': allowed are network, data, epochs"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(place, value, words):
    with pytest.raises(ConfigurationError, match=words):
        read(RunConfiguration, {place: value}, "config.json")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "1" * 5000, "null", '"a"', "[]"])
def test_what_is_no_configuration_is_refused(text):
    with pytest.raises(ConfigurationError, match=r"config\.json is"):
        read_text(RunConfiguration, text, "config.json")


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from([each.name for each in fields(RunConfiguration)]), inner)
        ),
    )
)
def test_no_content_breaks_the_reader(content):
    try:
        found = read_text(RunConfiguration, json.dumps(content), "config.json")
    except ConfigurationError:
        return
    assert read(RunConfiguration, plain(found), "again") == found


def test_a_huge_file_is_not_read_to_its_end(tmp_path):
    file = tmp_path / "config.json"
    file.write_bytes(b" " * (5 << 20))
    with pytest.raises(ConfigurationError, match="larger than 4 MiB"):
        read_configuration(file)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"network": NetworkPlan()}, "either the name of a network or a specification"),
        ({"data": DataChoice("folder")}, "say which folder"),
        ({"accumulation": 17}, "16 pictures cannot be computed in 17 parts"),
        ({"optimizer": OptimizerChoice("adam", nesterov=True)}, "Nesterov's momentum is a variant of SGD's"),
        ({"optimizer": OptimizerChoice(learning_rate=-1.0)}, "optimizer.learning_rate is -1.0"),
        ({"recording": Recording(metrics=0)}, "recording.metrics is 0"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tiny_run, changes, words):
    with pytest.raises(ConfigurationError, match=words):
        checked(replace(tiny_run, **changes))
