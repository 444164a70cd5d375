"""Fixtures that several test folders use."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workbench as wb

_FIGURE = "figure"
_TOGETHER = ("browser", "notebooks")
"""Folders whose tests share what is slow to make, and would be in each other's way."""


def pytest_configure() -> None:
    """Take Ctrl-C as a terminal gives it: what a shell starts in the background begins deaf to it.

    And look for garbage less often: a quarter of the time in which tests are collected went into it.
    """
    gc.set_threshold(100_000, 20, 50)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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


def made_once(tmp_path_factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return this worker's copy of a folder that the first worker to ask has made."""
    own = tmp_path_factory.mktemp(name)
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"shared_{name}"
    done = shared / "done"
    try:
        shared.mkdir()
    except FileExistsError:
        until = time.monotonic() + 560
        while not done.exists():
            assert not (shared / "failed").exists(), f"another worker could not make {name}"
            assert time.monotonic() < until, f"another worker has not made {name} in time"
            time.sleep(0.2)
    else:
        try:
            make(shared / name)
        except BaseException:
            (shared / "failed").touch()
            raise
        done.touch()
    shutil.copytree(shared / name, own / name)
    return own / name


@pytest.fixture(scope="session")
def walked_folder(bank: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two cycles: the first decided, the second with open recommendations."""

    def walk(folder: Path) -> None:
        project = wb.create_project(folder, "Walked")
        project.walk(bank, embedding="pca", sample_size=400, k_range=range(2, 7))

    os.environ.pop("WORKBENCH_ROLE", None)
    return made_once(tmp_path_factory, "walked", walk)


@pytest.fixture(scope="session")
def terminal() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a workbench command in the repository's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbench.cli", *arguments],
            cwd=Path(__file__).resolve().parents[1],
            env={**kept, "WORKBENCH_LANG": "en"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def sample_folder(
    terminal: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a project as `workbench sample` leaves it; for pictures as large as that of `make run`."""
    customers = "20000" if "WORKBENCH_SCREENSHOTS" in os.environ else "3000"

    def sample(folder: Path) -> None:
        done = terminal("sample", str(folder), "--customers", customers, "--seed", "7")
        assert done.returncode == 0, done.stdout + done.stderr

    return made_once(tmp_path_factory, "demo_bank", sample)
