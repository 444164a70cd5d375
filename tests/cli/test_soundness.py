"""`workbench check` finds what was changed behind the project's back."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli import app
from workbench.cli.soundness import examine_project
from workbench.errors import NotFound


@pytest.fixture
def project(tmp_path: Path) -> Path:
    opened = wb.create_project(tmp_path / "bank")
    opened.store.artefacts.save("trial", {"numbers": pd.DataFrame({"a": range(100)})})
    return tmp_path / "bank"


def test_a_sound_project(project: Path) -> None:
    rows = {row.what: row for row in examine_project(project, "en")}
    assert rows["stored tables: trial"].n == 1
    assert [row.damage for row in rows.values()] == [()] * len(rows)


def test_a_changed_table_is_named(project: Path) -> None:
    (table,) = project.glob("artefacts/trial/*/numbers.parquet")
    written = bytearray(table.read_bytes())
    written[len(written) // 2] ^= 0xFF
    table.write_bytes(bytes(written))
    damage = [line for row in examine_project(project, "en") for line in row.damage]
    assert len(damage) == 1
    assert "numbers.parquet" in damage[0]


def test_a_missing_table_is_named(project: Path) -> None:
    (table,) = project.glob("artefacts/trial/*/numbers.parquet")
    table.unlink()
    assert any("numbers.parquet" in line for row in examine_project(project, "zh_CN") for line in row.damage)


def test_a_damaged_database_is_named(project: Path) -> None:
    state = project / "state.sqlite"
    written = bytearray(state.read_bytes())
    written[:16] = b"not a database!!"
    state.write_bytes(bytes(written))
    rows = examine_project(project, "en")
    assert "state.sqlite" in rows[0].damage[0]


def test_a_broken_reference_is_found(project: Path) -> None:
    connection = sqlite3.connect(project / "state.sqlite")
    connection.execute("CREATE TABLE parent (a INTEGER PRIMARY KEY)")
    connection.execute("CREATE TABLE child (a REFERENCES parent (a))")
    connection.execute("INSERT INTO child VALUES (7)")
    connection.commit()
    connection.close()
    assert "child → parent" in examine_project(project, "en")[0].damage[0]


def test_checking_changes_nothing(project: Path) -> None:
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    examine_project(project, "en")
    assert {path: path.read_bytes() for path in project.rglob("*") if path.is_file()} == before


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no project"):
        examine_project(tmp_path, "en")


def test_the_command_prints_a_table_and_exits_with_1(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_LANG", "en")
    sound = CliRunner().invoke(app, ["check", str(project)])
    assert sound.exit_code == 0
    assert "✓ sound" in sound.output
    (table,) = project.glob("artefacts/trial/*/numbers.parquet")
    table.unlink()
    damaged = CliRunner().invoke(app, ["check", str(project)])
    assert damaged.exit_code == 1
    assert "✕ damaged" in damaged.output
