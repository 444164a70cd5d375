"""The public names: light to import, documented, each with an example that runs."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import workbench as wb

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "pandas",
    "sklearn",
    "umap",
    "altair",
    "numba",
    "scipy",
    "duckdb",
    "ibis",
    "sqlalchemy",
    "ipywidgets",
)
CALLABLES = sorted(set(wb.__all__) - set(wb._MODULES))


def test_import_loads_nothing_heavy() -> None:
    code = f"import sys, workbench; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_home_is_named_once() -> None:
    assert sorted(wb.__all__) == sorted({*wb._HOME, *wb._MODULES})
    assert dir(wb) == sorted(wb.__all__)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((ROOT / "workbench" / "__init__.pyi").read_text(encoding="utf-8"))
    seen = {
        (alias.asname or alias.name, (node.module or "").removeprefix("workbench."))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("workbench.")
        for alias in node.names
    }
    assert seen == set(wb._HOME.items())
    listed = next(node.value for node in tree.body if isinstance(node, ast.Assign))
    assert sorted(ast.literal_eval(listed)) == wb.__all__


@pytest.mark.parametrize("name", wb._MODULES)
def test_module_loads(name: str) -> None:
    assert inspect.ismodule(getattr(wb, name))


@pytest.mark.parametrize("name", CALLABLES)
def test_public_name_is_documented(name: str) -> None:
    documented = getattr(wb, name)
    text = inspect.getdoc(documented) or ""
    assert re.search(r"^Examples\n-+$", text, re.M), f"{name} has no Examples section"
    takes = [p for p in inspect.signature(documented).parameters if p != "self"]
    if takes:
        assert re.search(r"^Parameters\n-+$", text, re.M), f"{name} does not describe its parameters"
        described = text.split("Parameters\n", 1)[1]
        missing = [
            p for p in takes if not re.search(rf"^\*{{0,2}}[\w, *]*\b{p}\b[\w, ]* ?:?", described, re.M)
        ]
        assert missing == [], f"{name} does not describe {missing}"
    if inspect.isfunction(documented):
        assert re.search(r"^(Returns|Yields)\n-+$", text, re.M), f"{name} does not say what it returns"


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'get_customers'"):
        wb.get_customers  # noqa: B018
