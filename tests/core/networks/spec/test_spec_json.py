"""Specs as files: written and read back, and everything refused that is not as it should be."""

import json
import time
import tracemalloc
from dataclasses import replace

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cnnviz.core.errors import NetworkError
from cnnviz.core.networks.classics import CLASSICS
from cnnviz.core.networks.spec import limits
from cnnviz.core.networks.spec.names import named
from cnnviz.core.networks.spec.palette import layer
from cnnviz.core.networks.spec.presets import PRESETS
from cnnviz.core.networks.spec.read import read_spec
from cnnviz.core.networks.spec.rows import GroupRow, InputScaling, NetworkSpec
from cnnviz.core.networks.spec.schema import schema, schema_text
from cnnviz.core.networks.spec.write import spec_text, write_spec
from cnnviz.core.resources import resource_path

QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
VALIDATOR = jsonschema.Draft202012Validator(schema())


def document(**changes):
    """A correct file with some fields otherwise; None leaves one out."""
    fields = {
        "format": "cnnviz network",
        "version": 1,
        "title": "Test",
        "input": {"channels": 1, "height": 28, "width": 28},
        "rows": [{"name": "conv1", "kind": "conv", "options": {"filters": 4, "kernel": 3}}],
        **changes,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def rows(*changed):
    return document(rows=list(changed))


def assert_refused(text, words):
    with pytest.raises(NetworkError, match=words):
        read_spec(text)


def test_what_is_written_is_read_back(random_rows):
    scalings = st.none() | st.builds(
        InputScaling,
        st.tuples(st.floats(-1, 1)),
        st.tuples(st.floats(0.1, 1)),
        st.none() | st.integers(1, 300),
        st.sampled_from(["crop", "squash", "pad"]),
        st.sampled_from(["nearest", "bilinear", "bicubic"]),
        st.booleans(),
    )

    @QUICK
    @given(random_rows, st.text(max_size=20), st.lists(st.text(max_size=5), max_size=3), scalings)
    def check_one(found, text, classes, scaling):
        spec = NetworkSpec(text, (1, 20, 30), named(found), scaling, tuple(classes), text)
        written = spec_text(spec)
        assert read_spec(written) == spec
        VALIDATOR.validate(json.loads(written))

    check_one()


@pytest.mark.parametrize("make", [*(classic.spec for classic in CLASSICS.values()), *PRESETS.values()])
def test_known_networks_survive_a_file(make, tmp_path):
    write_spec(make(), tmp_path / "network.json")
    assert read_spec(tmp_path / "network.json") == make()
    assert [path.name for path in tmp_path.iterdir()] == ["network.json"]


def test_a_file_is_written_to_be_read():
    inner = (layer("conv", filters=6, kernel=(5, 3), padding="same"), layer("relu"))
    text = spec_text(NetworkSpec("é", (1, 32, 32), named((*inner, GroupRow("", inner, 2)))))
    assert text == (
        "{\n"
        '  "format": "cnnviz network",\n'
        '  "version": 1,\n'
        '  "title": "é",\n'
        '  "input": {"channels": 1, "height": 32, "width": 32},\n'
        '  "rows": [\n'
        '    {"name": "conv1", "kind": "conv", "options": {"filters": 6, "kernel": [5, 3], "padding": "same"}},\n'
        '    {"name": "relu1", "kind": "relu"},\n'
        '    {"name": "stage1", "repeat": 2, "rows": [\n'
        '      {"name": "conv1", "kind": "conv", "options": {"filters": 6, "kernel": [5, 3], "padding": "same"}},\n'
        '      {"name": "relu1", "kind": "relu"}\n'
        "    ]}\n"
        "  ]\n"
        "}\n"
    )


def test_a_file_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(NetworkError, match=r"a\.json cannot be written: No such file or directory"):
        write_spec(NetworkSpec("x", (1, 2, 3)), tmp_path / "missing" / "a.json")


CONV = {"name": "conv1", "kind": "conv"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"is no complete JSON: expecting value in line 1, column 1"),
        (document()[:-20], "is no complete JSON"),
        ("[]", "the file is a list, but must be an object|the file is a list"),
        ("{}", '"format" must be "cnnviz network"'),
        (document(format="onnx"), '"format" must be'),
        (document(version=2), "version is not 1, the one this program reads"),
        (document(version=True), "version is not 1"),
        (document(version=None), "version is not 1"),
        (document(title=None), "the file has no 'title'"),
        (document(code="import os"), "the file has an unknown field 'code'; allowed are: format"),
        (document(title=7), "title is a number, but must be text"),
        (document(title="x" * 201), "title must be proper text of at most 200"),
        (document(title="\ud800"), "title must be proper text"),
        (document(input=[1, 2, 3]), "input is a list, but must be an object with channels, height, width"),
        (
            document(input={"channels": 10**9, "height": 1, "width": 1}),
            r"input\.channels must be a whole number from 1 to 65,536",
        ),
        (document(input={"channels": 1, "height": 0, "width": 1}), r"input\.height must be"),
        (document(input={"channels": 1.0, "height": 1, "width": 1}), r"input\.channels must be a whole"),
        (document(input={"channels": 65536, "height": 9999, "width": 9999}), r"input has 6,552,289,345,536 values"),
        (document(rows={"a": 1}), "rows is an object, but must be a list"),
        (rows(CONV, 7), r"rows\[1\] is a number, but must be an object"),
        (rows({"kind": "conv"}), r"rows\[0\] has no 'name'"),
        (rows({"name": "a"}), r"rows\[0\] has no 'kind'"),
        (rows({**CONV, "kind": "eval"}), r"rows\[0\]\.kind must be one of conv, depthwise"),
        (rows({**CONV, "kind": ["conv"]}), r"rows\[0\]\.kind must be one of"),
        (rows({**CONV, "weights": []}), r"rows\[0\] has an unknown field 'weights'"),
        (
            rows({**CONV, "options": {"kernel": 0}}),
            r"rows\[0\]\.options\.kernel is wrong: kernel is 0, but it must be a whole",
        ),
        (rows({**CONV, "options": {"kernel": [3]}}), r"rows\[0\]\.options\.kernel is wrong"),
        (rows({**CONV, "options": {"kernel": "same"}}), r"rows\[0\]\.options\.kernel is wrong: kernel is 'same'"),
        (
            rows({**CONV, "options": {"filters": 10**9}}),
            r"rows\[0\]\.options\.filters is wrong: filters is 1000000000, but",
        ),
        (
            rows({**CONV, "options": {"bias": 1}}),
            r"rows\[0\]\.options\.bias is wrong: bias is 1, but it must be true or false",
        ),
        (rows({**CONV, "options": {"filters": True}}), r"options\.filters is wrong: filters is True"),
        (rows({**CONV, "options": {"filters": None}}), r"options\.filters is wrong: filters is None"),
        (
            rows({**CONV, "options": {"width": 3}}),
            r"rows\[0\]\.options\.width is no option of this kind; its options are: filters",
        ),
        (rows({"name": "a", "kind": "relu", "options": {"x": 1}}), "its options are: none"),
        (rows({**CONV, "name": "import"}), r"rows\[0\]\.name is wrong: 'import' already means something else"),
        (rows({**CONV, "name": "x; import os"}), r"rows\[0\]\.name is wrong: 'x; import os' cannot be a row's name"),
        (rows({**CONV, "name": "__init__"}), r"rows\[0\]\.name is wrong"),
        (rows(CONV, CONV), r"rows\[1\] is called 'conv1' like a row above it"),
        (
            rows({"name": "g", "rows": [CONV, {"name": "h", "rows": [{**CONV, "kind": "?"}]}]}),
            r"rows\[0\]\.rows\[1\]\.rows\[0\]\.kind",
        ),
        (rows({"name": "g", "rows": [], "repeat": 0}), r"rows\[0\]\.repeat must be a whole number from 1 to 1,000"),
        (rows({"name": "g", "rows": [], "kind": "conv"}), r"rows\[0\] has an unknown field 'kind'"),
        (document(preprocessing={"mean": [0.5], "std": [0]}), r"preprocessing\.std\[0\] must be a number from 1e-06"),
        (
            document(preprocessing={"mean": [0.5, 0.5], "std": [1]}),
            r"preprocessing\.mean has 2 numbers for 1 input channels",
        ),
        (
            document(preprocessing={"mean": [0], "std": [1], "fit": "x"}),
            r"preprocessing\.fit must be one of crop, squash, pad",
        ),
        (
            document(preprocessing={"mean": [0], "std": [1], "invert": 1}),
            r"preprocessing\.invert must be true or false",
        ),
        (document(class_names=["a", 1]), r"class_names\[1\] is a number, but must be text"),
        (document().replace("28", "NaN"), "contains NaN, which is no number of JSON"),
        (document().replace("28", "1e999"), r"input\.height must be a whole"),
        (document().replace("28", "9" * 5000), r"input\.height must be a whole"),
        (document().replace('"title"', '"version": 1, "title"'), "the field 'version' stands twice"),
    ],
)
def test_a_fault_is_refused_with_its_place(text, words):
    assert_refused(text, words)


def test_bombs_are_refused_before_they_go_off(tmp_path):
    """Many rows, deep nesting, repeats of repeats, large files: quickly, and with little memory."""
    bomb = CONV
    for number in range(8):
        bomb = {"name": f"g{number}", "repeat": 1000, "rows": [bomb]}
    nested = '{"a":' * 100_000 + "1" + "}" * 100_000
    many = {"name": "g", "rows": [{**CONV, "name": f"a{number}"} for number in range(1500)]}
    deep = CONV
    for number in range(20):
        deep = {"name": f"g{number}", "rows": [deep]}
    wide = tmp_path / "wide.json"
    wide.write_text(
        document(rows=[]).replace("[]", f"[{json.dumps(CONV)}{f', {json.dumps(CONV)}' * 999_999}]"), "utf-8"
    )
    attempts = [
        (rows(bomb), r"rows repeat to 1,000,000,000,000,000,000,000,000 layers"),
        (nested, "nests more than 64 levels deep"),
        ("[" * 1_000_000, "nests more than 64 levels deep"),
        (rows(many, {**many, "name": "h"}), r"rows\[1\]\.rows\[498\] is one row too many: at most 2,000"),
        (rows(deep), r"is a group inside 16 groups"),
        (wide, "has more than 1 MiB"),
    ]
    tracemalloc.start()
    start = time.process_time()
    for source, words in attempts:
        assert_refused(source, words)
    assert time.process_time() - start < 5
    assert tracemalloc.get_traced_memory()[1] < 60 * 2**20
    tracemalloc.stop()


def test_quotes_and_brackets_in_text_are_no_nesting():
    title = '[{"' * 60 + "\\"
    assert read_spec(document(title=title)).title == title


def test_files_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"\x80\x02}q\x00.")
    with pytest.raises(NetworkError, match=r"a\.json is no spec: byte 0 is no UTF-8 text"):
        read_spec(path)
    with pytest.raises(NetworkError, match=r"b\.json cannot be read: No such file"):
        read_spec(tmp_path / "b.json")
    with pytest.raises(NetworkError, match="cannot be read"):
        read_spec(tmp_path)


def sentence_or_title(text):
    try:
        return f"Read {read_spec(text).title}"
    except NetworkError as error:
        return error.message


@settings(QUICK, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
        max_leaves=8,
    ),
    st.sampled_from(["title", "input", "rows", "preprocessing", "class_names", "notes", "version"]),
)
def test_no_value_does_harm(value, field):
    """Whatever stands in a field, the answer is a spec or one sentence."""
    assert sentence_or_title(document(**{field: value})).startswith(("The spec is refused", "Read"))


def test_an_impossible_row_can_still_be_opened():
    spec = read_spec(rows({**CONV, "options": {"kernel": 200}}))
    assert spec.rows[0].options["kernel"] == (200, 200)


def test_the_schema_that_ships_is_the_palettes():
    """``python resources/make/write_spec_schema.py`` writes it anew."""
    assert resource_path("schemas", "spec.schema.json").read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_a_schema_and_refuses_what_the_reader_refuses():
    jsonschema.Draft202012Validator.check_schema(schema())
    VALIDATOR.validate(json.loads(document()))
    wrong = (
        document(version=2),
        document(code=1),
        document(title=None),
        rows({**CONV, "kind": "?"}),
        rows({**CONV, "options": {"kernel": 0}}),
        rows({**CONV, "options": {"padding": "full"}}),
        rows({**CONV, "options": {"width": 3}}),
        rows({**CONV, "name": "forward"}),
        rows({"name": "g", "rows": [{**CONV, "name": "1"}]}),
        rows({"name": "g", "rows": [], "repeat": 1001}),
    )
    for text in wrong:
        assert_refused(text, "The spec is refused")
        assert not VALIDATOR.is_valid(json.loads(text))


def test_limits_leave_room_for_real_networks():
    spec = PRESETS["densenet-121"]()
    assert len(spec_text(spec)) < limits.FILE_BYTES / 100
    assert read_spec(spec_text(replace(spec, notes="n" * limits.TEXT_LENGTH))).notes
