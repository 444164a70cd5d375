"""The set-up's scripts are no package: they are loaded from their files."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Return a function that loads a script by its name, anew."""

    def load_script(name: str) -> ModuleType:
        monkeypatch.syspath_prepend(str(SCRIPTS))
        spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        monkeypatch.setitem(sys.modules, name, module)
        spec.loader.exec_module(module)
        return module

    return load_script


@pytest.fixture
def bootstrap(
    load: Callable[[str], ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """Return the bootstrap script, its project in an empty folder and its language English."""
    monkeypatch.setenv("WORKBENCH_LANG", "en")
    for name in ("PYTHON", "BUILD"):
        monkeypatch.delenv(name, raising=False)
    module = load("bootstrap")
    root = tmp_path / "a bank's folder"
    root.mkdir()
    monkeypatch.setattr(module, "ROOT", root)
    return module
