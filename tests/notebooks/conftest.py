"""A small sample bank, walked through its cycles by the command line."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
Terminal = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def terminal() -> Terminal:
    """Return a function that runs a workbench command in the repository's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbench.cli", *arguments],
            cwd=ROOT,
            env={**kept, "WORKBENCH_LANG": "en"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def walked(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of 2,000 customers, as `workbench sample` leaves it."""
    folder = tmp_path_factory.mktemp("sample") / "demo_bank"
    done = terminal("sample", str(folder), "--customers", "2000", "--seed", "7")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
