"""The server that the store's tests run on: how it is found, asked for, and ended."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest


def _programs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "postgres"):
        (folder / name).touch()
    return folder


def test_the_newest_programs_are_taken_or_those_asked_for(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = load("postgres")
    monkeypatch.delenv("WORKBENCH_POSTGRES", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(script, "DEBIAN", tmp_path / "debian")
    assert script.find_programs() is None
    for version in ("9.6", "15", "13"):
        _programs(tmp_path / "debian" / version / "bin")
    # A client's package alone brings psql, and no server.
    (tmp_path / "debian" / "17" / "bin").mkdir(parents=True)
    assert script.find_programs() == tmp_path / "debian" / "15" / "bin"
    own = _programs(tmp_path / "own")
    monkeypatch.setenv("WORKBENCH_POSTGRES", str(own))
    assert script.find_programs() == own


def test_a_missing_server_is_installed_or_said(
    load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_LANG", "en")
    checks = load("checks")
    asked: list[str] = []
    found: list[Path | None] = [None, Path("/usr/lib/postgresql/15/bin")]
    monkeypatch.setattr(checks, "apt_install", lambda packages: asked.extend(packages) or True)
    monkeypatch.setattr(checks, "find_programs", lambda: found.pop(0))
    assert checks.set_up_postgres() == ""
    assert asked == ["postgresql"]
    monkeypatch.setattr(checks, "find_programs", lambda: None)
    assert "apt-get install postgresql" in checks.set_up_postgres()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="accounts are those of POSIX")
def test_a_server_is_not_run_as_root(
    load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    script = load("postgres")
    monkeypatch.setattr(script.os, "geteuid", lambda: 0)
    assert script.unprivileged()["user"] != 0
    monkeypatch.setattr(script.os, "geteuid", lambda: 1000)
    assert script.unprivileged() == {}
