"""pyproject.toml, both locks and environment.yml say the same."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
GROUPS = {name: [Requirement(line) for line in lines] for name, lines in PROJECT["dependency-groups"].items()}
DECLARED = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
PYTHONS = ("3.11.0", "3.11.7", "3.12.1", "3.13.0")


class Lock:
    """A lock file, read: its pins and the hashes of each."""

    def __init__(self, name: str) -> None:
        self.text = (ROOT / name).read_text(encoding="utf-8")
        logical = self.text.replace("\\\n", " ").splitlines()
        self.lines = [line for line in logical if line.strip() and not line.startswith("#")]
        self.pins = [Requirement(line.split("--hash")[0].strip()) for line in self.lines]

    def on(self, python: str, platform: str = "linux") -> dict[str, Version]:
        """Return what the lock installs on a Python and a system."""
        system = {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}[platform]
        machine = {
            "python_full_version": python,
            "python_version": ".".join(python.split(".")[:2]),
            "sys_platform": platform,
            "platform_system": system,
            "os_name": "nt" if platform == "win32" else "posix",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
        }
        chosen: dict[str, Version] = {}
        for pin in self.pins:
            if pin.marker is None or pin.marker.evaluate(machine):
                name = canonicalize_name(pin.name)
                assert name not in chosen, f"{name} is pinned twice on Python {python}"
                chosen[name] = Version(next(iter(pin.specifier)).version)
        return chosen


RUN, TEST = Lock("requirements.lock"), Lock("requirements-test.lock")
LOCKS = pytest.mark.parametrize("lock", [RUN, TEST], ids=["run", "test"])
ON_PYTHON = pytest.mark.parametrize("python", PYTHONS)


@LOCKS
def test_every_line_is_one_version_with_hashes(lock: Lock) -> None:
    for line, pin in zip(lock.lines, lock.pins, strict=True):
        assert re.fullmatch(r"==[^*,]+", str(pin.specifier)), line[:60]
        assert pin.url is None
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", line), pin.name


@LOCKS
def test_no_index_is_named(lock: Lock) -> None:
    assert not re.search(r"://|index-url|find-links|trusted-host", lock.text)


@LOCKS
@ON_PYTHON
@pytest.mark.parametrize("platform", ["linux", "win32", "darwin"])
def test_pins_satisfy_the_declared_ranges(lock: Lock, python: str, platform: str) -> None:
    pinned = lock.on(python, platform)
    wanted = [*DECLARED, *GROUPS["build"], *(GROUPS["test"] + GROUPS["peers"] if lock is TEST else [])]
    for requirement in wanted:
        name = canonicalize_name(requirement.name)
        assert name in pinned, f"{name} is declared but not pinned on Python {python}"
        assert requirement.specifier.contains(pinned[name], prereleases=True), (
            f"{requirement} ≠ {pinned[name]}"
        )


@ON_PYTHON
def test_both_locks_agree(python: str) -> None:
    run, test = RUN.on(python), TEST.on(python)
    assert {name: test.get(name) for name in run} == run


@ON_PYTHON
def test_pythons_are_those_of_the_project(python: str) -> None:
    assert SpecifierSet(PROJECT["project"]["requires-python"]).contains(python)


def test_no_other_python_is_promised() -> None:
    promised = SpecifierSet(PROJECT["project"]["requires-python"])
    assert not promised.contains("3.10.13")
    assert not promised.contains("3.14.0")


def test_conda_gets_the_same() -> None:
    read = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    plain = [line for line in read["dependencies"] if isinstance(line, str)]
    nested = [line for line in read["dependencies"] if isinstance(line, dict)]
    assert nested == [{"pip": ["-r requirements.lock"]}]
    python = next(line for line in plain if line.startswith("python "))
    assert SpecifierSet(python.removeprefix("python ")) == SpecifierSet(PROJECT["project"]["requires-python"])
    assert {line.split()[0] for line in plain} == {"python", "pip"}


@ON_PYTHON
def test_installed_packages_ask_for_nothing_that_is_not_pinned(python: str) -> None:
    # Only this interpreter's metadata can be read; its markers are the ones that count here.
    if not python.startswith(f"{sys.version_info[0]}.{sys.version_info[1]}."):
        return
    pinned = RUN.on(python)
    missing = []
    for name in pinned:
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if needed.marker and not needed.marker.evaluate({"extra": ""}):
                continue
            if canonicalize_name(needed.name) not in pinned:
                missing.append(f"{name} → {needed}")
    assert missing == []


# A distribution whose modules have another name.
PROVIDED_BY = {
    "sklearn": "scikit-learn",
    "ibis": "ibis-framework",
    "umap": "umap-learn",
    "yaml": "pyyaml",
    "vl_convert": "vl-convert-python",
    "importlinter": "import-linter",
    "PIL": "pillow",
    "jupyter_server": "jupyterlab",
    "jupyter_client": "ipykernel",
    "jupyter_core": "jupyterlab",
    "tornado": "jupyterlab",
    "IPython": "ipykernel",
    "pynndescent": "umap-learn",
    "websocket": "websocket-client",
    "xdist": "pytest-xdist",
}
DECLARED_NAMES = {canonicalize_name(one.name) for one in DECLARED}
TEST_NAMES = DECLARED_NAMES | {canonicalize_name(one.name) for group in GROUPS.values() for one in group}


def imported(path: Path) -> set[str]:
    """Top-level names that a module imports from outside the standard library."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").split(".")[0])
    return found - set(sys.stdlib_module_names) - {"workbench", "tests", "bootstrap"}


def undeclared(folder: str, declared: set[str]) -> dict[str, set[str]]:
    """Imports of a folder that no declared distribution provides."""
    strange: dict[str, set[str]] = {}
    for path in sorted((ROOT / folder).rglob("*.py")):
        # Scripts reach their neighbours, and benchmarks the scripts, by the path.
        near = [
            *path.parent.glob("*.py"),
            *((ROOT / "scripts").glob("*.py") if folder == "benchmarks" else []),
        ]
        beside = {neighbour.stem for neighbour in near}
        for name in imported(path) - beside:
            if canonicalize_name(PROVIDED_BY.get(name, name)) not in declared:
                strange.setdefault(name, set()).add(str(path.relative_to(ROOT)))
    return strange


def test_the_package_imports_only_what_it_declares() -> None:
    extras = PROJECT["project"]["optional-dependencies"].values()
    optional = {canonicalize_name(Requirement(line).name) for lines in extras for line in lines}
    assert undeclared("workbench", DECLARED_NAMES | optional) == {}


@pytest.mark.parametrize("folder", ["tests", "scripts", "benchmarks"])
def test_what_surrounds_it_imports_only_what_is_declared(folder: str) -> None:
    # packaging and PyYAML come with the test group's own packages.
    assert undeclared(folder, TEST_NAMES | {"packaging", "pyyaml"}) == {}


def test_notebooks_import_the_workbench_alone() -> None:
    import json

    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                names = re.findall(r"^\s*(?:import|from)\s+(\w+)", "".join(cell["source"]), re.M)
                assert set(names) <= {"workbench", "pandas"}, path.name
