"""Runs named by what tells them apart: most are called after the same network and data. Free of Qt."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

_BETWEEN = "-"


def telling_names(names: Sequence[str]) -> list[str]:
    """Without the words that all of several begin with; "…" stands for them."""
    words = [name.split(_BETWEEN) for name in names]
    alike = takewhile(lambda column: len(set(column)) == 1, zip(*words, strict=False))
    same = min([len(list(alike)), *(len(each) - 1 for each in words)]) if len(set(names)) > 1 else 0
    return [f"…{_BETWEEN.join(each[same:])}" if same else name for name, each in zip(names, words, strict=True)]
