"""Freed memory that is kept or given back: in processes of their own, as what is kept cannot be undone."""

import json
import platform
import subprocess
import sys
import weakref

import pytest

from cnnviz.core import freed_memory

_PROGRAM = """
import json, resource, sys
import numpy as np
from cnnviz.core.freed_memory import keep_freed_memory

kept = keep_freed_memory() if sys.argv[1] == "keep" else None

def step():
    blocks = [np.ones(size << 17) for size in (5, 60, 20)]  # MiB
    del blocks

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

step()
before = faults()
for _ in range(5):
    step()
print(json.dumps({"kept": kept, "faults": faults() - before}))
"""


_HOLES = """
import gc, json
import psutil
from cnnviz.core.freed_memory import give_back_freed_memory

def resident():
    return psutil.Process().memory_info().rss >> 20  # MiB

class Circle:
    def __init__(self):
        self.itself = self
        self.blocks = [bytearray(64 << 10) for _ in range(1600)]  # 100 MiB in glibc's heap

gc.disable()
circle = Circle()
on_top = bytearray(64 << 10)  # so that the heap cannot shrink from its end
full = resident()
del circle
by_itself = resident()
give_back_freed_memory()
print(json.dumps({"full": full, "by_itself": by_itself, "given_back": resident()}))
"""


def run(program: str, *words: str) -> dict:
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


needs_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told so")


@needs_glibc
def test_memory_that_was_freed_serves_again_without_page_faults():
    by_itself, told = run(_PROGRAM, "leave"), run(_PROGRAM, "keep")
    assert told["kept"] is True
    assert by_itself["faults"] > 200  # how many depends on the size of its pages
    assert told["faults"] < by_itself["faults"] / 20


@needs_glibc
def test_what_only_refers_to_itself_and_holes_in_the_heap_are_given_back():
    resident = run(_HOLES)
    assert resident["by_itself"] > resident["full"] - 5
    assert resident["given_back"] < resident["full"] - 90


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_are_left_alone(system, monkeypatch):
    monkeypatch.setattr(freed_memory.sys, "platform", system)
    assert freed_memory.keep_freed_memory() is False


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_elsewhere_garbage_is_collected_all_the_same(system, monkeypatch):
    class Circle:
        pass

    circle = Circle()
    circle.itself = circle
    left = weakref.ref(circle)
    monkeypatch.setattr(freed_memory.sys, "platform", system)
    del circle
    freed_memory.give_back_freed_memory()
    assert left() is None
