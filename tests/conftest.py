"""Fixtures that several test folders use."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb

_FIGURE = "figure"
_TOGETHER = ("browser", "notebooks")
"""Folders whose tests share what is slow to make, and would be in each other's way."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the tests of a module, and of a folder with costly fixtures, on one worker."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = Path(nodeid.split("::")[0])
            inside = file.parts[1] if file.parts[0] == "tests" else ""
            return inside if inside in _TOGETHER else str(file)

    return Together(config, log)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the figures that tests have measured."""
    reports = [each for found in terminalreporter.stats.values() for each in found]
    figures = [
        text
        for each in reports
        if getattr(each, "when", "") == "call"
        for name, text in each.user_properties
        if name == _FIGURE
    ]
    if figures:
        terminalreporter.section("figures measured")
        for text in figures:
            terminalreporter.write_line(text)


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Return a function that has a measured figure printed at the end of the run."""
    return lambda text: record_property(_FIGURE, text)


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of real data, or skip where it is absent."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "cases"
    folder = Path(os.environ.get("WORKBENCH_CASES", beside))
    if not (folder / "hillstrom.csv").is_file():
        pytest.skip(f"the real data is not at {folder}; set WORKBENCH_CASES to its folder")
    return folder


@pytest.fixture(scope="session")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank") / "raw"
    return Path(wb.create_sample_bank(folder, customers=1_500, months=12))


@pytest.fixture(scope="session")
def walked_folder(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cycles: the first decided, the second with open recommendations."""
    os.environ.pop("WORKBENCH_ROLE", None)
    folder = tmp_path_factory.mktemp("projects") / "walked"
    project = wb.create_project(folder, "Walked")
    project.walk(bank, embedding="pca", sample_size=400, k_range=range(2, 7))
    return folder
