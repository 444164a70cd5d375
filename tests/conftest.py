"""Fixtures that several test folders use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of real data, or skip where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "cases"
    folder = Path(os.environ.get("WORKBENCH_CASES", beside))
    if not (folder / "hillstrom.csv").is_file():
        pytest.skip(f"the real data is not at {folder}; set WORKBENCH_CASES to its folder")
    return folder
