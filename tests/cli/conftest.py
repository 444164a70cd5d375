"""A terminal in English, in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a terminal: English, one thread, no project chosen."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**kept, "WORKBENCH_LANG": "en", "OMP_NUM_THREADS": "1", "COLUMNS": "100", "PYTHONPATH": paths}


@pytest.fixture
def workbench(environ: dict[str, str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a command as a person would, in an empty folder."""

    def run(*arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbench.cli", *arguments],
            cwd=tmp_path,
            env={**environ, **changed},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=280,
            check=False,
        )

    return run
