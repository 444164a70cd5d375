"""A stage is table in, table out: no clock, no file, no unseeded randomness.

Two modules are the doors and say so in their names: ``customers/files.py`` reads raw
files, ``sample_bank/files.py`` writes them. What a package carries in itself may be read
with ``importlib.resources``.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "workbench"
ROOMS = ("customers", "insight", "strategy", "execution", "review", "sample_bank")
DOORS = {ROOT / "customers" / "files.py", ROOT / "sample_bank" / "files.py"}
# A door that became a package keeps its name.
MODULES = sorted(
    path
    for room in ROOMS
    for path in (ROOT / room).rglob("*.py")
    if path not in DOORS and path.parent not in {door.with_suffix("") for door in DOORS}
)

CLOCK = re.compile(
    r"(^|\.)((datetime|date|dt\.datetime|dt\.date|Timestamp)\.(now|today|utcnow)|time\.(time|time_ns|localtime))$"
)
FILES = re.compile(
    r"(^|\.)(open|read_(csv|excel|parquet|json|feather|table|text|bytes)|to_(csv|excel|parquet|feather)"
    r"|write_(text|bytes|table)|unlink|mkdir|fromfile|loadtxt|savetxt|iterdir|glob|rglob)$"
)
RANDOM = re.compile(
    r"^(np|numpy)\.random\.(?!default_rng|Generator|SeedSequence|BitGenerator|PCG64|Philox)\w+$"
)
UNSEEDED = re.compile(r"(^|\.)(default_rng|RandomState|SeedSequence)$")
IMPORTS = {
    "random",
    "os",
    "secrets",
    "uuid",
    "tempfile",
    "shutil",
    "socket",
    "subprocess",
    "sqlite3",
    "requests",
}


def offences(source: str) -> list[str]:
    """What in a module's source is no business of a stage."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in IMPORTS]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in IMPORTS:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if CLOCK.search(name) or RANDOM.search(name) or is_file_access(tree, node, name):
                found.append(name)
            elif UNSEEDED.search(name) and not node.args and not node.keywords:
                found.append(f"{name}() without a seed")
    return found


def is_file_access(tree: ast.Module, call: ast.Call, name: str) -> bool:
    """Whether a call reads or writes a file that is not the package's own."""
    if not FILES.search(name) or name.split(".")[0] in own_names(tree) or is_from_package(tree, name):
        return False
    first = ast.unparse(call.args[0]) if call.args else ""
    if name.endswith(".to_csv"):
        return bool(first) or any(keyword.arg == "path_or_buf" for keyword in call.keywords)
    return not re.search(r"(BytesIO|StringIO|BufferReader)\(", first)


def own_names(tree: ast.Module) -> set[str]:
    """Functions of this module, and names taken from the workbench."""
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench."):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def is_from_package(tree: ast.Module, name: str) -> bool:
    """Whether what is read was taken from importlib.resources."""
    if "resources" in name:
        return True
    root = name.split(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.For | ast.comprehension):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            value = node.value if isinstance(node, ast.Assign) else node.iter
            if ast.unparse(target) == root and "resources" in ast.unparse(value):
                return True
    return False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_stage_room_keeps_to_its_tables(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import datetime as dt\ntoday = dt.date.today()",
        "from datetime import datetime\nnow = datetime.now()",
        "import time\nt = time.time()",
        "import pandas as pd\nf = pd.read_csv('a')",
        "f = open('a')",
        "p.read_text()",
        "frame.to_parquet('x')",
        "import random",
        "import numpy as np\nnp.random.rand(3)",
        "import numpy as np\nrng = np.random.default_rng()",
        "import os",
    ],
)
def test_an_offence_is_found(source: str) -> None:
    assert offences(source)


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nrng = np.random.default_rng(7)",
        "from importlib import resources\nt = resources.files(__package__).joinpath('a.toml').read_text()",
        "from importlib import resources\np = resources.files(__package__) / 'a'\nt = p.read_text()",
        "import datetime as dt\nd = dt.date(2026, 9, 30)",
        "from workbench.customers.cells import read_text\nread_text(cells)",
        "pq.read_table(pa.BufferReader(data))",
        "frame.to_csv(index=False)",
    ],
)
def test_what_is_allowed_passes(source: str) -> None:
    assert offences(source) == []
