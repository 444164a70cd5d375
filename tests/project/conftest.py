"""A small sample bank, walked once; tests that change something get a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import workbench as wb
from workbench.project import Project


@pytest.fixture
def walked(walked_folder: Path) -> Project:
    """Read only: it is shared."""
    return wb.open_project(walked_folder, role="viewer")


@pytest.fixture
def copied(walked_folder: Path, tmp_path: Path) -> Project:
    """Free to change."""
    shutil.copytree(walked_folder, tmp_path / "copy")
    return wb.open_project(tmp_path / "copy")


_PEOPLE = """id,type,age,balance,opened
{rows}
"""
_MAPPING = """
[[file]]
pattern = "people.csv"
table = "customers"
[file.columns]
customer_id = {{ from = "id", pad = 6 }}
kind = {{ from = "type", codes = {{ P = "retail", C = "corporate" }} }}
age = "age"
balance_total = {{ from = "balance", type = "number" }}
"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A folder with one plain file of customers, and its mapping."""
    folder = tmp_path / "people"
    folder.mkdir()
    rows = "\n".join(
        f"{i},P,{25 + i % 50},{1000 * (i % 7) + 400 * (i % 50)}.50,2020-01-01" for i in range(1, 301)
    )
    (folder / "people.csv").write_text(_PEOPLE.format(rows=rows), encoding="utf-8")
    (folder / "mapping.toml").write_text(_MAPPING.format(), encoding="utf-8")
    return folder
