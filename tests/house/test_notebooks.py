"""Notebooks stay readable: few short cells, no code of their own, no stored results."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(
    path for path in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in path.parts
)
STAGES = ("01_insight", "02_strategy", "03_execution", "04_review", "index")
TAGS = {"trainer", "code", "parameters", "screen"}
OWN_CODE = {
    "a function or class": re.compile(r"^\s*(async\s+def|def|class)\b|\blambda\b", re.M),
    "SQL": re.compile(r"\bSELECT\b.+\bFROM\b|\bINSERT\s+INTO\b|\bUPDATE\b.+\bSET\b", re.I | re.S),
    "HTML": re.compile(r"</?[a-z][a-z0-9]*(\s[^>]*)?>|\bHTML\(", re.I),
    "a magic or a shell call": re.compile(r"^\s*[%!]", re.M),
}
LIMIT = 10


def faults(notebook: dict[str, Any]) -> list[str]:
    """What breaks the rules, with the cell's number."""
    found = []
    if notebook.get("nbformat") != 4:
        found.append("not of format 4")
    if notebook.get("metadata", {}).get("widgets"):
        found.append("stored widget state")
    for number, cell in enumerate(notebook["cells"], 1):
        tags = set(cell.get("metadata", {}).get("tags", []))
        if tags - TAGS:
            found.append(f"cell {number}: unknown tags {sorted(tags - TAGS)}")
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        if len(source.strip().splitlines()) > LIMIT:
            found.append(f"cell {number}: over {LIMIT} lines")
        if cell.get("outputs") or cell.get("execution_count") is not None:
            found.append(f"cell {number}: stored results")
        found += [f"cell {number}: {what}" for what, pattern in OWN_CODE.items() if pattern.search(source)]
    return found


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path: Path) -> None:
    assert faults(json.loads(path.read_text(encoding="utf-8"))) == []


def test_the_loop_is_four_notebooks_and_an_index() -> None:
    present = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert set(STAGES) <= present


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("def f():\n    pass", "a function or class"),
        ("x = 1\n" * 11, "over 10 lines"),
        ('project.sql("SELECT a FROM b")', "SQL"),
        ('show("<b>x</b>")', "HTML"),
        ("!pip install x", "a magic or a shell call"),
    ],
)
def test_a_fault_is_found(source: str, fault: str) -> None:
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}
    assert faults({"nbformat": 4, "cells": [cell]}) == [f"cell 1: {fault}"]


def test_stored_results_are_found() -> None:
    cell = {
        "cell_type": "code",
        "metadata": {"tags": ["x"]},
        "source": "1",
        "outputs": [1],
        "execution_count": 1,
    }
    assert faults({"nbformat": 4, "cells": [cell]}) == [
        "cell 1: unknown tags ['x']",
        "cell 1: stored results",
    ]
