"""A store with a clock that the test moves."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from workbench.store import Store, open_store


class Clock:
    """Starts at a known moment and moves a second a call."""

    def __init__(self) -> None:
        self.now = dt.datetime(2026, 10, 9, 2, 14, 55)

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(seconds=1)
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> Store:
    opened = open_store(tmp_path, who="lin", clock=Clock())
    opened.cycles.open("2026 Q2", dt.date(2026, 6, 30))
    return opened
