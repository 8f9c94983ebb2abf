from dataclasses import dataclass

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cnnviz.engine import packing


@dataclass(frozen=True, eq=False)
class Event:
    name: str
    arrays: tuple[np.ndarray, ...]


def there_and_back(event: Event) -> Event:
    packed, views = packing.split(event)
    memory = bytearray(packed.size)
    packing.write(packed, views, memoryview(memory))
    again = packing.read(packed, memoryview(memory))
    memory[:] = b"\xff" * len(memory)  # the answer must not depend on the memory any more
    return again


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["uint8", "float32", "float64", "int32"]),
            st.lists(st.integers(0, 5), min_size=1, max_size=3),
        ),
        max_size=5,
    )
)
def test_arrays_come_back_equal_and_read_only(kinds):
    generator = np.random.default_rng(0)
    arrays = tuple(generator.integers(0, 255, shape).astype(kind) for kind, shape in kinds)
    again = there_and_back(Event("maps", arrays))
    assert again.name == "maps"
    for before, after in zip(arrays, again.arrays, strict=True):
        assert after.dtype == before.dtype
        np.testing.assert_array_equal(after, before)
        assert not after.flags.writeable


def test_each_array_starts_where_any_type_may():
    packed, _ = packing.split(Event("", (np.zeros(3, np.uint8), np.zeros(2, np.float64), np.zeros(1, np.float32))))
    assert [offset for offset, _ in packed.places] == [0, 64, 128]
    assert packed.size == 132


def test_a_large_array_does_not_go_through_the_pipe():
    packed, views = packing.split(Event("picture", (np.zeros((1000, 1000), np.uint8),)))
    assert len(packed.pickled) < 1000
    assert sum(view.nbytes for view in views) == 1_000_000


def test_an_event_without_arrays_needs_no_memory():
    assert there_and_back(Event("nothing", ())).arrays == ()
