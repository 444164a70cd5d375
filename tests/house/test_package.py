"""What is installed: the package's data is in it, and nothing in it asks another machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "workbench"
CARRIED = sorted(
    path
    for path in PACKAGE.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and path.name[0] != "."
)
TEXTS = [
    path for path in CARRIED if path.suffix in {".py", ".js", ".mjs", ".css", ".html", ".j2", ".json", ".svg"}
]

ADDRESS = re.compile(r"\bhttps?://[^\s\"'`<>)\\]+", re.I)
HERE = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\]|\{)", re.I)
# Names of vocabularies; nobody opens them.
NAMESPACES = re.compile(r"https?://(www\.w3\.org/(1999|2000|2001)/|json-schema\.org/)", re.I)
FETCHES = re.compile(r"(?:src|href)\s*=\s*[\"']?//|url\(\s*[\"']?//|@import\b", re.I)
CDN = re.compile(r"jsdelivr|unpkg\.com|esm\.sh|cdnjs|googleapis|fonts\.gstatic", re.I)
# Addresses that a bundle holds without ever asking for them: exact text, and why.
KNOWN = {
    "https://github.com/vega/vega-lite/issues/2415": "part of a warning's text in Vega-Lite",
    "https://vega.github.io/editor/": "where a menu that is switched off would lead",
    "https://vega.github.io/schema/vega/v6.json": "the name of a specification's format, compared as text",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_wheel_carries_the_whole_package(wheel: zipfile.ZipFile) -> None:
    inside = set(wheel.namelist())
    missing = [
        str(path.relative_to(ROOT)) for path in CARRIED if path.relative_to(ROOT).as_posix() not in inside
    ]
    assert missing == []
    assert {path.suffix for path in CARRIED} >= {".py", ".toml", ".js", ".css"}


def test_wheel_installs_the_command(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "workbench = workbench.cli:app" in wheel.read(name).decode()


def spoken(path: Path) -> str:
    """The text of a file that can act: of Python, the strings that are not docstrings."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return source
    tree = ast.parse(source)
    documentation = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    )


def foreign_addresses(text: str) -> list[str]:
    """Addresses of other machines in a text."""
    found = [
        a for a in ADDRESS.findall(text) if not HERE.match(a) and not NAMESPACES.match(a) and a not in KNOWN
    ]
    return sorted(set(found + FETCHES.findall(text) + CDN.findall(text)))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_names_another_machine(path: Path) -> None:
    assert foreign_addresses(spoken(path)) == []


@pytest.mark.parametrize(
    "text",
    [
        '<script src="https://unpkg.com/x.js"></script>',
        "<link href='//fonts.example/a.css'>",
        "fetch('https://example.com/data')",
        "@import 'a.css'",
        "url(//host/font.woff)",
    ],
)
def test_an_address_is_found(text: str) -> None:
    assert foreign_addresses(text)


@pytest.mark.parametrize("text", ['xmlns="http://www.w3.org/2000/svg"', "http://127.0.0.1:8888/lab"])
def test_a_namespace_and_this_machine_pass(text: str) -> None:
    assert foreign_addresses(text) == []
