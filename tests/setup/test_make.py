"""The make targets, the commit hooks and the continuous check."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **({"PATH": path} if path is not None else {})}
    env.pop("MAKEFLAGS", None)
    return subprocess.run(
        ["/usr/bin/make", "--no-print-directory", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


needs_make = pytest.mark.skipif(not Path("/usr/bin/make").is_file(), reason="make is not installed")


@needs_make
def test_help_names_every_target() -> None:
    shown = make("help").stdout
    for target in ("run", "test", "env", "lock", "screenshots", "clean"):
        assert f"make {target} " in shown


@needs_make
def test_a_machine_without_python_is_told_so() -> None:
    done = make("run", path="/nonexistent")
    assert done.returncode == 2
    assert "apt-get install python3" in done.stderr


@needs_make
def test_targets_go_through_the_set_up() -> None:
    for target in ("run", "test"):
        assert f"scripts/bootstrap.py {target}" in make("-n", target).stdout


def test_the_continuous_check_is_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").rstrip().endswith("make --no-print-directory test")


def test_hooks_fetch_nothing() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in config["repos"]] == ["local"]
    hooks = config["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {hook["id"] for hook in hooks} >= {"ruff-check", "ruff-format", "strip-outputs"}


def test_outputs_are_stripped(load: Callable[[str], ModuleType], tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    cell = {"cell_type": "code", "metadata": {"tags": ["code"], "scrolled": True}, "source": ["1"]}
    notebook = {
        "cells": [{**cell, "outputs": [{"output_type": "stream"}], "execution_count": 3}],
        "metadata": {"widgets": {}, "language_info": {"name": "python", "version": "3.11.7"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(notebook), encoding="utf-8")
    strip = load("strip_outputs")
    assert strip.main([str(path)]) == 1
    stripped = json.loads(path.read_text(encoding="utf-8"))
    assert stripped["cells"] == [
        {
            "cell_type": "code",
            "metadata": {"tags": ["code"]},
            "source": ["1"],
            "outputs": [],
            "execution_count": None,
        }
    ]
    assert stripped["metadata"] == {"language_info": {"name": "python"}}
    assert strip.main([str(path)]) == 0


@pytest.mark.parametrize("cores,slow_first", [(1, False), (2, True), (16, True)])
def test_pytest_runs_everything_once(
    load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, cores: int, slow_first: bool
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: cores)
    command = load("checks").pytest_command([])
    folders = [part for part in command if part.startswith("tests/")]
    expected = {f"tests/{p.name}" for p in (ROOT / "tests").iterdir() if p.is_dir() and p.name[0] not in "._"}
    assert set(folders) == expected
    assert len(folders) == len(expected)
    # On one core what fails fast comes first; on two the longest begins first, and the
    # notebooks wait for the sample bank that it makes.
    if slow_first:
        assert folders[0] == "tests/browser"
        assert "tests/notebooks" not in (folders[1], folders[-1])
    else:
        assert folders[-2:] == ["tests/notebooks", "tests/browser"]
    assert ("-n" in command) == slow_first
    assert "workbench" in command


def test_stages_come_in_order(load: Callable[[str], ModuleType]) -> None:
    assert [name for name, _ in load("checks").stages()] == ["lint", "format", "types", "imports"]
