"""A small sample bank, walked through its cycles by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def walked(sample_folder: Path) -> Path:
    """Return a project as `workbench sample` leaves it."""
    return sample_folder
