"""Freed memory that is kept: in processes of their own, as it cannot be undone."""

import json
import platform
import subprocess
import sys

import pytest

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


def run(mode: str) -> dict:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, mode], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told so")
def test_memory_that_was_freed_serves_again_without_page_faults():
    by_itself, told = run("leave"), run("keep")
    assert told["kept"] is True
    assert by_itself["faults"] > 1000
    assert told["faults"] < by_itself["faults"] / 20


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_other_systems_are_left_alone(system, monkeypatch):
    from cnnviz.core import freed_memory

    monkeypatch.setattr(freed_memory.sys, "platform", system)
    assert freed_memory.keep_freed_memory() is False
