"""Projects to show on a screen, and the promise that nothing was swallowed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench as wb
from workbench.project import Project
from workbench.ui.state import guard


@pytest.fixture(autouse=True)
def nothing_swallowed() -> Iterator[None]:
    """Fail a test in which a handler's fault became a banner."""
    guard.UNEXPECTED.clear()
    yield
    faults, guard.UNEXPECTED[:] = list(guard.UNEXPECTED), []
    if faults:
        raise faults[0]


@pytest.fixture
def walked(walked_folder: Path, tmp_path: Path) -> Project:
    """Return a walked project as an analyst; it is a copy and free to change."""
    shutil.copytree(walked_folder, tmp_path / "walked")
    return wb.open_project(tmp_path / "walked", role="analyst")


@pytest.fixture
def viewed(walked_folder: Path) -> Project:
    """Return the shared walked project as a viewer, who can change nothing."""
    return wb.open_project(walked_folder, role="viewer")
