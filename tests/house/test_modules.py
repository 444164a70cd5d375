"""Modules stay small, are named by what they hold, and never run text as code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(path for folder in ("workbench", "scripts") for path in (ROOT / folder).rglob("*.py"))
LIMIT = 400
EMPTY_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc"}
# Names that a library's base class looks for, and whose.
ASKED_FOR = {"get_help": "the command line's parser"}
EXECUTES = {"eval", "exec", "compile"}
UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib"}


def empty_names(tree: ast.Module, path: Path) -> list[str]:
    """Names that say nothing: of the module, its classes and functions."""
    found = [path.stem] if path.stem in EMPTY_NAMES else []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bare = node.name.lstrip("_").lower()
            if bare.startswith("get_") and node.name not in ASKED_FOR:
                found.append(node.name)
            if bare in EMPTY_NAMES or bare.endswith(("manager", "helper", "utils")):
                found.append(node.name)
    return found


def unsafe_calls(tree: ast.Module) -> list[str]:
    """Whatever runs text as code, or loads objects that could."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in EXECUTES or name.endswith((".query", "joblib.load", "read_pickle", "to_pickle")):
                found.append(name)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in UNSAFE_MODULES]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in UNSAFE_MODULES:
            found.append(node.module or "")
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_keeps_the_rules(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert source.count("\n") <= LIMIT, f"{path.name} has over {LIMIT} lines: split it by what it means"
    assert empty_names(tree, path) == []
    assert unsafe_calls(tree) == []
    if source.strip():
        assert ast.get_docstring(tree), f"{path.name} does not say what it holds"


@pytest.mark.parametrize(
    "source", ["eval('1')", "import pickle", "frame.query('a > 1')", "from joblib import load", "exec(x)"]
)
def test_what_runs_text_is_found(source: str) -> None:
    assert unsafe_calls(ast.parse(source))


@pytest.mark.parametrize(
    "source", ["def get_customers(): ...", "class TaskManager: ...", "def helper(): ..."]
)
def test_names_that_say_nothing_are_found(source: str) -> None:
    assert empty_names(ast.parse(source), Path("room.py"))


# What the product's own text never speaks of.
FOREIGN = re.compile(r"/root/|/home/\w|/opt/pypi|C:\\\\Users|pypi\.org|files\.pythonhosted|npmjs", re.I)


@pytest.mark.parametrize("folder", ["workbench", "scripts", "tests", "benchmarks", "notebooks"])
def test_no_text_names_a_machine_or_a_package_host(folder: str) -> None:
    found = []
    for path in (ROOT / folder).rglob("*"):
        if path.suffix in {".py", ".toml", ".md", ".html", ".j2", ".css", ".json", ".ipynb"}:
            if path == Path(__file__).resolve():
                continue
            match = FOREIGN.search(path.read_text(encoding="utf-8"))
            if match:
                found.append(f"{path.relative_to(ROOT)}: {match.group()}")
    assert found == []


def test_locks_name_no_index() -> None:
    for name in ("requirements.lock", "requirements-test.lock", "environment.yml"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links|file:", text), name
